import { describe, expect, test } from "bun:test";
import { authorisedAs, startApplication } from "../harness/application.ts";
import { connectFrames } from "../harness/frame-client.ts";
import {
  connected,
  connectPusher,
  join,
  listen,
  occurrence,
  subscribe,
} from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";
import { Relay } from "./relay.ts";

const scope = testScope();

describe("a server that is told to end", () => {
  test("closes its clients with 4200 and exits with 0", async () => {
    const server = await startServer(scope);
    const clients = await Promise.all(
      Array.from({ length: 10 }, async () => (await connectRaw(scope, server)).client),
    );
    server.program.terminate();
    for (const client of clients)
      expect(await client.closed()).toEqual({
        code: 4200,
        reason: "Server is shutting down, please reconnect",
      });
    expect(await server.program.outcome()).toMatchObject({ code: 0 });
  });

  test("tells protocol 5 by an event as well", async () => {
    const server = await startServer(scope);
    const { client } = await connectRaw(scope, socketUrl(server, "protocol=5&client=java-client"));
    server.program.terminate();
    expect((await client.closed()).code).toBe(4200);
    expect(client.frames.take()).toMatchObject([{ event: "pusher:error", data: { code: 4200 } }]);
  });

  test("does not wait for a client that answers nothing longer than it is allowed to", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 1 } });
    await connectFrames(scope, server);
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(0);
  });
});

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
