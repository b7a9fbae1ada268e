import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { authorisedAs, startApplication } from "../harness/application.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, join, listen, subscribe } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile, { app: { enable_subscription_count: true } });
  library = serverLibrary(server);
});

const COUNT = "pusher:subscription_count";

describe("an app with subscription counts tells", () => {
  test("pusher-js how many there are, with each who comes and goes", async () => {
    const channel = (await connectPusher(scope, server)).subscribe("crowd");
    const counts = listen(channel, COUNT);
    expect((await counts.next()).data).toEqual({ subscription_count: 1 });
    const second = await connectPusher(scope, server);
    await subscribe(second, "crowd");
    expect((await counts.next()).data).toEqual({ subscription_count: 2 });
    expect(channel).toMatchObject({ subscriptionCount: 2 });
    second.unsubscribe("crowd");
    expect((await counts.next()).data).toEqual({ subscription_count: 1 });
  });

  test("the newcomer too, in this very frame behind its reply", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "frame" });
    expect((await client.received()).map(({ text }) => text)).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"frame"}',
      String.raw`{"event":"pusher_internal:subscription_count","data":"{\"subscription_count\":1}","channel":"frame"}`,
    ]);
  });

  test.each(["private-count", "cache-count"])("it on %s", async (channel) => {
    const { client, socketId } = await connectRaw(scope, server);
    client.subscribe({ channel, auth: library.authorizeChannel(socketId, channel).auth });
    expect((await client.received()).map(({ event }) => event)).toContain(
      "pusher_internal:subscription_count",
    );
  });

  test("nothing on a presence channel, whose members know", async () => {
    const application = startApplication(scope, library);
    const connect = (userId: string) =>
      connectPusher(scope, server, { channelAuthorization: authorisedAs(application, userId) });
    const channel = await join(await connect("ada"), "presence-crowd");
    const seen = listen(channel, COUNT, "pusher:member_added", "mark");
    await join(await connect("bob"), "presence-crowd");
    await settled();
    await library.trigger("presence-crowd", "mark", {});
    const before = await seen.takeUntil(({ event }) => event === "mark");
    expect(before.map(({ event }) => event)).toEqual(["pusher:member_added"]);
  });
});

test("an app that does not ask for subscription counts is told none", async () => {
  const quiet = await startServer(scope);
  const { client } = await connectRaw(scope, quiet);
  client.subscribe({ auth: "", channel: "crowd" });
  expect((await client.received()).map(({ event }) => event)).toEqual([
    "pusher_internal:subscription_succeeded",
  ]);
});
