import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { type Application, authorisedAs, startApplication } from "../harness/application.ts";
import { until } from "../harness/deadline.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, listen, occurrence } from "../harness/pusher-client.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;
let application: Application;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server, Buffer.alloc(32, "k").toString("base64"));
  application = startApplication(forFile, library);
});

const SUCCEEDED = "pusher:subscription_succeeded";
const MISS = "pusher:cache_miss";
/** Published as a marker: all that was to arrive arrives before it. */
const MARK = "mark";

/** The events that a new subscriber with pusher-js sees on the channel, up to a marker. */
async function seenByNewcomer(name: string, ...events: readonly string[]) {
  const pusher = await connectPusher(scope, server, {
    channelAuthorization: authorisedAs(application, "ada"),
  });
  const channel = pusher.subscribe(name);
  const seen = listen(channel, SUCCEEDED, MISS, MARK, ...events);
  await until(() => channel.subscribed, `the subscription to ${name}`);
  await settled();
  await library.trigger(name, MARK, {});
  return seen.takeUntil(({ event }) => event === MARK);
}

/** A raw client on the channel, with what it was answered. */
async function subscribedRaw(channel: string) {
  const { client, socketId } = await connectRaw(scope, server);
  subscribeRaw(client, socketId, channel);
  return { client, socketId, answer: await client.received() };
}

function subscribeRaw(client: RawClient, socketId: string, channel: string): void {
  const member = channel.startsWith("presence-") ? { user_id: "raw" } : undefined;
  const { auth, channel_data: data } = library.authorizeChannel(socketId, channel, member);
  client.subscribe({ channel, auth, ...(data === undefined ? {} : { channel_data: data }) });
}

async function cached(channel: string): Promise<unknown> {
  const answer = await library.get({ path: `/channels/${channel}`, params: { info: "cache" } });
  return (await answer.json()).cache;
}

describe.each(["cache-", "private-cache-", "presence-cache-"])("a %s channel", (prefix) => {
  test("gives pusher-js the last event alone, behind the reply", async () => {
    const name = `${prefix}last`;
    await library.trigger(name, "first", 1);
    await library.trigger(name, "second", { text: "hello" });
    const seen = await seenByNewcomer(name, "first", "second");
    expect(seen.map(({ event }) => event)).toEqual([SUCCEEDED, "second"]);
    expect(seen[1]?.data).toEqual({ text: "hello" });
  });

  test("tells pusher-js that it has no event, with empty data", async () => {
    const seen = await seenByNewcomer(`${prefix}empty`);
    expect(seen.map(({ event }) => event)).toEqual([SUCCEEDED, MISS]);
    expect(seen[1]?.data).toEqual({});
  });
});

test("an encrypted cache channel gives the last event as the publisher encrypted it", async () => {
  const channel = "private-encrypted-cache-letters";
  const { client, answer } = await subscribedRaw(channel);
  expect(answer.map(({ text }) => text)).toEqual([
    `{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"${channel}"}`,
    `{"event":"pusher:cache_miss","data":"{}","channel":"${channel}"}`,
  ]);
  await library.trigger(channel, "letter", { text: "for your eyes only" });
  const live = await client.frames.next();
  expect(live.text).not.toContain("eyes");
  const { answer: late } = await subscribedRaw(channel);
  expect(late[1]?.text).toBe(live.text);
  expect(late).toHaveLength(2);
});

describe("the event of a cache channel", () => {
  test("is the same frame that its subscribers got", async () => {
    const { client } = await subscribedRaw("cache-frame");
    await library.trigger("cache-frame", "e", "no { JSON");
    const { text } = await client.frames.next();
    expect(text).toBe('{"event":"e","data":"no { JSON","channel":"cache-frame"}');
    expect((await subscribedRaw("cache-frame")).answer[1]?.text).toBe(text);
  });

  test("is there for whom it left out as well", async () => {
    const channel = "private-cache-left-out";
    const { client, socketId } = await subscribedRaw(channel);
    await library.trigger(channel, "e", 1, { socket_id: socketId });
    expect(await client.received()).toEqual([]);
    client.send({ event: "pusher:unsubscribe", data: { channel } });
    subscribeRaw(client, socketId, channel);
    expect((await client.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
      "e",
    ]);
  });

  test("is never one that a client sent, nor that somebody came or went", async () => {
    const channel = "presence-cache-talk";
    const sender = await subscribedRaw(channel);
    await library.trigger(channel, "published", 1);
    await sender.client.frames.next();
    sender.client.send({ event: "client-e", data: {}, channel });
    await sender.client.received();
    const seen = await seenByNewcomer(channel, "client-e", "published");
    expect(seen.map(({ event }) => event)).toEqual([SUCCEEDED, "published"]);
  });

  test("is remembered in each channel of a publish and of a batch", async () => {
    await library.trigger(["cache-many-a", "cache-many-b", "public"], "e", 1);
    await library.triggerBatch([
      { channel: "cache-batch-a", name: "a", data: "1" },
      { channel: "cache-batch-b", name: "b", data: "2" },
    ]);
    const names = ["cache-many-a", "cache-many-b", "cache-batch-a", "cache-batch-b", "public"];
    const data = await Promise.all(names.map(cached));
    expect(data).toMatchObject([{ data: "1" }, { data: "1" }, { data: "1" }, { data: "2" }, null]);
  });

  test("is told by info=cache with the seconds that it is kept, 30 minutes at most", async () => {
    await library.trigger("cache-info", "e", { a: 1 });
    const path = "/channels/cache-info";
    const answer = await library.get({ path, params: { info: "cache" } });
    const { occupied, cache } = await answer.json();
    expect(occupied).toBe(false);
    expect(cache.data).toBe('{"a":1}');
    expect(cache.ttl).toBeWithin(1795, 1801);
  });

  test("is forgotten after its time", async () => {
    const brief = await startServer(scope, { config: { cache: { memory: { ttl: 1 } } } });
    const { client } = await connectRaw(scope, brief);
    const briefLibrary = serverLibrary(brief);
    await briefLibrary.trigger("cache-brief", "e", 1);
    const params = { info: "cache" };
    const isForgotten = async (): Promise<boolean> => {
      const answer = await briefLibrary.get({ path: "/channels/cache-brief", params });
      return (await answer.json()).cache === null;
    };
    expect(await isForgotten()).toBe(false);
    await until(isForgotten, "the event to be forgotten");
    client.subscribe({ auth: "", channel: "cache-brief" });
    const [, miss] = await client.received();
    expect(miss?.event).toBe(MISS);
  });
});

test("names that only look like cache channels remember nothing", async () => {
  for (const name of ["cacheable", "private-cached", "presence-cachet", "my-cache-x"])
    await library.trigger(name, "e", 1);
  expect(await cached("cacheable")).toBeNull();
  expect(await cached("private-cached")).toBeNull();
  expect(await cached("presence-cachet")).toBeNull();
  expect(await cached("my-cache-x")).toBeNull();
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
    await occurrence(pusher.subscribe("cache-unused"), "pusher:cache_miss");
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
