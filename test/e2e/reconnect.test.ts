import { describe, expect, test } from "bun:test";
import { authorisedAs, startApplication } from "../harness/application.ts";
import {
  connected,
  connectPusher,
  join,
  listen,
  occurrence,
  subscribe,
} from "../harness/pusher-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { startServer } from "../harness/server.ts";
import { Relay } from "./relay.ts";

const scope = testScope();

describe("pusher-js comes back by itself and gets events again", () => {
  // Behind a load balancer: to a port where nothing listens, pusher-js waits 15 seconds before it tries again.
  test("at once after the server was told to end and another took its place", async () => {
    const server = await startServer(scope);
    const relay = new Relay(scope, server);
    const pusher = await connectPusher(scope, relay.front);
    const channel = await subscribe(pusher, "news");
    const { socket_id: before } = pusher.connection;
    const resubscribed = occurrence(channel, "pusher:subscription_succeeded");
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(0);

    relay.target = await startServer(scope);
    await resubscribed;
    expect(pusher.connection.socket_id).not.toBe(before);
    const events = listen(channel, "headline");
    await serverLibrary(relay.target).trigger("news", "headline", 1);
    expect((await events.next()).data).toBe(1);
  });

  test("after the server crashed and was started again on its port, on its presence channels as well", async () => {
    const server = await startServer(scope);
    const library = serverLibrary(server);
    const channelAuthorization = authorisedAs(startApplication(scope, library), "ada");
    const pusher = await connectPusher(scope, server, { channelAuthorization });
    const channel = await join(pusher, "presence-room");
    await server.program.kill();

    const resubscribed = occurrence(channel, "pusher:subscription_succeeded");
    await startServer(scope, { port: server.port });
    await connected(pusher);
    await resubscribed;
    expect(channel.members.me.id).toBe("ada");
    const events = listen(channel, "headline");
    await library.trigger("presence-room", "headline", 1);
    expect((await events.next()).data).toBe(1);
  });
});
