import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { connectPusher, listen, occurrence } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

describe("a cache channel", () => {
  test("gives who subscribes later the last event, behind the reply", async () => {
    await library.trigger("cache-late", "first", 1);
    await library.trigger("cache-late", "second", { text: "hello" });
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "cache-late" });
    expect((await client.received()).map(({ text }) => text)).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"cache-late"}',
      String.raw`{"event":"second","data":"{\"text\":\"hello\"}","channel":"cache-late"}`,
    ]);
  });

  test("tells pusher-js that it has none", async () => {
    const pusher = await connectPusher(scope, server);
    await occurrence(pusher.subscribe("cache-empty"), "pusher:cache_miss");
  });

  test("tells it in this very frame", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "cache-none" });
    const [, miss, ...more] = await client.received();
    expect(miss?.text).toBe('{"event":"pusher:cache_miss","data":"{}","channel":"cache-none"}');
    expect(more).toEqual([]);
  });

  test("does not remember what clients send", async () => {
    const channel = "private-cache-talk";
    const { client: sender, socketId } = await connectRaw(scope, server);
    sender.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
    sender.send({ event: "client-e", data: {}, channel });
    await sender.received();
    const { client: late, socketId: lateId } = await connectRaw(scope, server);
    late.subscribe({ channel, ...library.authorizeChannel(lateId, channel) });
    expect((await late.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
      "pusher:cache_miss",
    ]);
  });

  test("shows its event to the API", async () => {
    await library.trigger("cache-shown", "e", "text");
    const path = "/channels/cache-shown";
    const shown = await library.get({ path, params: { info: "cache" } });
    expect(await shown.json()).toEqual({
      occupied: false,
      cache: { data: "text", ttl: expect.any(Number) },
    });
    const empty = await library.get({ path: "/channels/cache-bare", params: { info: "cache" } });
    expect(await empty.json()).toEqual({ occupied: false, cache: null });
  });
});

test("an app that wants it is told the number of subscriptions", async () => {
  const counting = await startServer(scope, { app: { enable_subscription_count: true } });
  const pusher = await connectPusher(scope, counting);
  const counts = listen(pusher.subscribe("counted"), "pusher:subscription_count");
  expect((await counts.next()).data).toEqual({ subscription_count: 1 });
  const { client } = await connectRaw(scope, counting);
  client.subscribe({ auth: "", channel: "counted" });
  expect((await counts.next()).data).toEqual({ subscription_count: 2 });
  client.terminate();
  expect((await counts.next()).data).toEqual({ subscription_count: 1 });
});
