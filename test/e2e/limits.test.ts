import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { call } from "../harness/api.ts";
import { connectRaw, type Frame, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { refusal, serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";
import { resource } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

/** The answer to a subscription as this member. */
async function answerTo(channel: string, member: unknown): Promise<Frame | undefined> {
  const { client, socketId } = await connectRaw(scope, server);
  client.subscribe(signSubscription(socketId, channel, JSON.stringify(member)));
  const [answer, ...more] = await client.received();
  expect(more.filter(({ event }) => event !== MEMBER_ADDED)).toEqual([]);
  expect(client.isOpen).toBe(true);
  return answer;
}

/** A user object whose JSON has this many bytes. */
function userObject(bytes: number): object {
  return { text: "x".repeat(bytes - '{"text":""}'.length) };
}

const MEMBER_ADDED = "pusher_internal:member_added";
const SUCCEEDED = "pusher_internal:subscription_succeeded";
const REFUSED = { event: "pusher:error", data: { code: null } };

describe("a presence channel takes by default", () => {
  test("100 users, not one more, but further connections of those", async () => {
    const join = async (userId: string): Promise<string | undefined> =>
      (await answerTo("presence-full", { user_id: userId }))?.event;
    const users = Array.from({ length: 100 }, (_, index) => `user-${index}`);
    expect(new Set(await Promise.all(users.map(join)))).toEqual(new Set([SUCCEEDED]));
    expect(await join("user-100")).toBe("pusher:error");
    expect(await join("user-0")).toBe(SUCCEEDED);
    const answer = await library.get({
      path: "/channels/presence-full",
      params: { info: "user_count" },
    });
    expect(await answer.json()).toEqual({ occupied: true, user_count: 100 });
  });

  test("a user object of 1 KB and not of more", async () => {
    const member = (bytes: number): object => ({ user_id: "1", user_info: userObject(bytes) });
    expect((await answerTo("presence-object", member(1024)))?.event).toBe(SUCCEEDED);
    expect(await answerTo("presence-object", member(1025))).toMatchObject(REFUSED);
  });

  test("an id of 128 characters and not of more, nor of none", async () => {
    expect((await answerTo("presence-id", { user_id: "a".repeat(128) }))?.event).toBe(SUCCEEDED);
    expect(await answerTo("presence-id", { user_id: "a".repeat(129) })).toMatchObject(REFUSED);
    expect(await answerTo("presence-id", { user_id: "" })).toMatchObject(REFUSED);
    expect(await answerTo("presence-id", { user_info: {} })).toMatchObject(REFUSED);
  });

  test("a member's further properties, and does not pass them on", async () => {
    const answer = await answerTo("presence-more", { user_id: "1", colour: "blue" });
    expect(answer?.data).toBe('{"presence":{"count":1,"ids":["1"],"hash":{"1":{}}}}');
  });
});

test("a second connection's user object does not replace the first's while that is there", async () => {
  const channel = "presence-first";
  const first = { user_id: "1", user_info: { name: "first" } };
  const { client, socketId } = await connectRaw(scope, server);
  client.subscribe(signSubscription(socketId, channel, JSON.stringify(first)));
  await client.received();
  const second = await answerTo(channel, { user_id: "1", user_info: { name: "second" } });
  expect(String(second?.data)).toContain('"hash":{"1":{"name":"first"}}');
});

describe("the name of a channel", () => {
  /** What a client and the API are answered for the name. */
  async function verdicts(
    name: string,
    to: Server = server,
  ): Promise<readonly (string | number | undefined)[]> {
    const { client } = await connectRaw(scope, to);
    client.subscribe({ auth: "", channel: name });
    const [answer] = await client.received();
    const path = `/channels/${encodeURIComponent(name)}`;
    const request = serverLibrary(to).get({ path });
    const { status } = await request.catch((error: { status: number }) => error);
    return [answer?.event, status];
  }

  test("has no colon where names are strict, for one app or for all", async () => {
    for (const settings of [
      { app: { strict_channel_names: true } },
      { config: { strict_channel_names: true } },
    ]) {
      const strict = await startServer(scope, settings);
      expect(await verdicts("a:b", strict)).toEqual(["pusher:error", 400]);
      expect(await verdicts("a.b", strict)).toEqual([SUCCEEDED, 200]);
    }
  });

  test.each(["a", "A-Z_=@,.;:09", "x".repeat(164), "privateer", "presencefoo", "cacheable"])(
    "%j is taken, and is a public channel",
    async (name) => {
      expect(await verdicts(name)).toEqual([SUCCEEDED, 200]);
    },
  );

  test.each(["a b", "a/b", "a*", "ä", "#a", "#server-to-user-", "x".repeat(165), "a\n"])(
    "%j is refused",
    async (name) => {
      expect(await verdicts(name)).toEqual(["pusher:error", 400]);
    },
  );

  test.each(["cache-private-x", "cache-presence-x"])(
    "%j is a public cache channel",
    async (name) => {
      const { client } = await connectRaw(scope, server);
      client.subscribe({ auth: "", channel: name });
      expect((await client.received()).map(({ event }) => event)).toEqual([
        SUCCEEDED,
        "pusher:cache_miss",
      ]);
    },
  );

  test("is compared with its case", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "News" });
    client.subscribe({ auth: "", channel: "Private-x" });
    await client.received();
    await library.trigger(["news", "private-x"], "e", {});
    expect(await client.received()).toEqual([]);
  });
});

test("an event's name may have any characters, up to 200 of them", async () => {
  const { client } = await subscribeRaw(scope, server, "names");
  const names = ["App\\Events\\Shipped", "order.shipped", "a b:c/ü ✓", "e".repeat(200)];
  for (const name of names) await library.trigger("names", name, {});
  expect((await client.received()).map(({ event }) => event)).toEqual(names);
  for (const name of ["", "e".repeat(201), "pusher_internal:member_added"]) {
    const body = JSON.stringify({ name, channel: "names", data: "{}" });
    expect((await call(server, "POST", resource("/events"), { body })).status).toBe(400);
  }
});

test("fractions of a KB count", async () => {
  const small = await startServer(scope, {
    app: { max_event_payload_in_kb: 0.5, max_presence_member_size_in_kb: "0.25" },
  });
  const smallLibrary = serverLibrary(small);
  await smallLibrary.trigger("a", "e", "x".repeat(512));
  expect((await refusal(smallLibrary.trigger("a", "e", "x".repeat(513)))).status).toBe(413);
  for (const [bytes, event] of [
    [256, SUCCEEDED],
    [257, "pusher:error"],
  ] as const) {
    const { client, socketId } = await connectRaw(scope, small);
    const member = JSON.stringify({ user_id: "1", user_info: userObject(bytes) });
    client.subscribe(signSubscription(socketId, "presence-a", member));
    expect((await client.received()).map((frame) => frame.event)).toEqual([event]);
  }
});

test("an app that asks for less is given less", async () => {
  const small = await startServer(scope, {
    app: {
      max_channel_name_length: 20,
      max_event_channels_at_once: 2,
      max_event_batch_size: 1,
      max_event_payload_in_kb: 1,
      max_subscriptions_per_connection: 2,
    },
  });
  const { client } = await connectRaw(scope, small);
  for (const channel of ["a", "b", "c", "x".repeat(21)]) client.subscribe({ auth: "", channel });
  expect((await client.received()).map(({ event }) => event)).toEqual([
    SUCCEEDED,
    SUCCEEDED,
    "pusher:error",
    "pusher:error",
  ]);
  const smallLibrary = serverLibrary(small);
  const statuses = await Promise.all(
    [
      smallLibrary.trigger(["a", "b", "c"], "e", {}),
      smallLibrary.triggerBatch([
        { channel: "a", name: "e", data: "" },
        { channel: "b", name: "e", data: "" },
      ]),
      smallLibrary.trigger("a", "e", "x".repeat(1025)),
    ].map(async (request) => (await refusal(request)).status),
  );
  expect(statuses).toEqual([400, 400, 413]);
  await smallLibrary.trigger("a", "e", "x".repeat(1024));
  expect((await client.received()).map(({ event }) => event)).toEqual(["e"]);
});
