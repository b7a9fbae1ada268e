import { beforeAll, describe, expect, test } from "bun:test";
import { call, publish } from "../harness/api.ts";
import { parseObject } from "../harness/json.ts";
import { scrape } from "../harness/metrics.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSignin, signSubscription } from "../harness/signing.ts";
import { resource, socketUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
const forFile = fileScope();
let victim: Server;

beforeAll(async () => {
  victim = await startServer(forFile, {
    app: { enable_watchlist_events: true, max_client_events_per_second: 1000 },
  });
  const bystander = await startBystander(forFile, victim);
  forFile.add(async () => {
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

interface Member {
  readonly client: RawClient;
  readonly socketId: string;
}

function connect(): Promise<Member> {
  return connectRaw(scope, victim);
}

/** Subscribes and returns what the server answers: the data of a success, or the text of a refusal. */
async function subscribe(
  { client, socketId }: Member,
  channel: string,
  channelData?: string,
): Promise<unknown> {
  client.subscribe(signSubscription(socketId, channel, channelData));
  return answerOf(client);
}

/** The first frame that the server answers with: the data of a success, or the text of a refusal. */
async function answerOf(client: RawClient): Promise<unknown> {
  const [frame] = await client.received();
  if (frame === undefined) return null;
  return frame.event === "pusher:error"
    ? parseObject(JSON.stringify(frame.data))["message"]
    : frame.data;
}

async function api(
  method: string,
  path: string,
  body = "",
): Promise<readonly [status: number, answer: string]> {
  const response = await call(victim, method, resource(`/${path}`), { body });
  return [response.status, await response.text()];
}

describe.each(["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "valueOf"])(
  "the name %s",
  (name) => {
    test("is a channel like any other", async () => {
      const member = await connect();
      expect(await subscribe(member, name)).toBe("{}");
      expect(await api("GET", `channels/${name}`)).toEqual([200, '{"occupied":true}']);
      const [, list] = await api("GET", "channels");
      expect(list).toContain(`${JSON.stringify(name)}:{}`);
      await publish(victim, { name, channel: name, data: name });
      expect((await member.client.frames.next()).text).toBe(
        JSON.stringify({ event: name, data: name, channel: name }),
      );
      member.client.send({ event: "pusher:unsubscribe", data: { channel: name } });
      expect(await member.client.received()).toEqual([]);
      expect(await api("GET", `channels/${name}`)).toEqual([200, '{"occupied":false}']);
    });

    test("is a member of a presence channel like any other", async () => {
      const channel = `presence-${name}`;
      const [first, second] = [await connect(), await connect()];
      const data = `{"user_id":"${name}","user_info":{"${name}":{"${name}":1}}}`;
      expect(await subscribe(first, channel, data)).toBe(
        `{"presence":{"count":1,"ids":["${name}"],"hash":{"${name}":{"${name}":{"${name}":1}}}}}`,
      );
      await subscribe(second, channel, '{"user_id":"other"}');
      expect(await api("GET", `channels/${channel}/users`)).toEqual([
        200,
        `{"users":[{"id":"${name}"},{"id":"other"}]}`,
      ]);
      first.client.terminate();
      expect((await second.client.frames.next()).data).toBe(`{"user_id":"${name}"}`);
    });

    test("is a user like any other", async () => {
      const { client, socketId } = await connect();
      client.signIn(signSignin(socketId, `{"id":"${name}","watchlist":["${name}"]}`));
      const [success, watchlist] = await client.received();
      expect(success?.event).toBe("pusher:signin_success");
      expect(watchlist?.data).toBe(`{"events":[{"name":"online","user_ids":["${name}"]}]}`);
      expect(await api("POST", `users/${name}/terminate_connections`, "{}")).toEqual([200, "{}"]);
      expect((await client.closed()).code).toBe(4009);
    });

    test("is a client event, and a key of its data, like any other", async () => {
      const channel = `private-${name}`;
      const [sender, receiver] = [await connect(), await connect()];
      await subscribe(sender, channel);
      await subscribe(receiver, channel);
      sender.client.sendText(
        `{"event":"client-${name}","channel":"${channel}","data":{"${name}":{"a":1}},"${name}":1}`,
      );
      expect((await receiver.client.frames.next()).text).toBe(
        `{"event":"client-${name}","data":"{\\"${name}\\":{\\"a\\":1}}","channel":"${channel}"}`,
      );
    });
  },
);

describe("a member's id of any characters comes back as it was", () => {
  test.each([
    ["NUL", "\0"],
    ["control characters", "\u0001\b\n\r\t\u007f\u009f"],
    ["quotes and backslashes", '"\'\\\\"</script>'],
    ["line separators", "\u2028\u2029"],
    ["a direction and a mark", "\u202e\ufeff"],
    ["characters outside the first plane", "😀\u{10ffff}"],
    ["half a character", "\ud800"],
    ["a number", "1e400"],
  ])("%s", async (_, id) => {
    const [watcher, member] = [await connect(), await connect()];
    await subscribe(watcher, "presence-any", '{"user_id":"watcher"}');
    const data = JSON.stringify({ user_id: id, user_info: { [id]: id } });
    const roster = parseObject(await subscribe(member, "presence-any", data));
    expect(roster["presence"]).toEqual({
      count: 2,
      ids: ["watcher", id],
      hash: { watcher: {}, [id]: { [id]: id } },
    });
    const added = await watcher.client.frames.next();
    expect(parseObject(added.data)).toEqual({ user_id: id, user_info: { [id]: id } });
    const [, users] = await api("GET", "channels/presence-any/users");
    expect(JSON.parse(users)).toEqual({ users: [{ id: "watcher" }, { id }] });
    member.client.terminate();
    watcher.client.terminate();
  });
});

describe("a channel cannot have", () => {
  test.each([
    ["no name", ""],
    ["a NUL", "a\0"],
    ["a line break", "a\n"],
    ["a space", "a b"],
    ["a slash", "a/b"],
    ["another alphabet", "ä"],
    ["a picture", "😀"],
    ["half a character", "\ud800"],
    ["a number sign alone", "#"],
    ["a user of no name", "#server-to-user-"],
    ["a name of a megabyte's begin", "a".repeat(60_000)],
  ])("%s", async (_, channel) => {
    const member = await connect();
    expect(await subscribe(member, channel)).toMatch(/^Invalid channel name: '/);
    expect((await api("GET", `channels/${encodeURIComponent(wellFormed(channel))}`))[0]).not.toBe(
      200,
    );
  });
});

describe("a key that no app has closes with 4001 and as much of it as fits:", () => {
  test.each([
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["letters of two bytes", "é".repeat(300)],
    ["letters of four bytes", "a😀".repeat(100)],
    ["a NUL", "\0"],
    ["line breaks", "\r\nX-Injected: 1\r\n\r\n"],
    ["a slash", "a/b"],
  ])("%s", async (_, key) => {
    const url = socketUrl({ ...victim, key: encodeURIComponent(key) });
    const { code, reason } = await new RawClient(scope, url).closed();
    expect(code).toBe(4001);
    expect(reason).toStartWith(`App key ${key.slice(0, 18)}`);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });
});

describe("what is of the limit is taken, and what is one more is refused:", () => {
  const name = (length: number, prefix = ""): string => prefix + "a".repeat(length - prefix.length);

  test("a channel of 164 characters", async () => {
    const member = await connect();
    expect(await subscribe(member, name(164))).toBe("{}");
    expect(await subscribe(member, name(165))).toStartWith("Invalid channel name: '");
    expect((await publishing({ channel: name(164) }))[0]).toBe(200);
    expect(await publishing({ channel: name(165) })).toEqual([400, "Invalid channel name\n"]);
  });

  test("an event of 200 characters", async () => {
    const text = "Invalid event name: must be 1 to 200 characters\n";
    expect((await publishing({ name: name(200) }))[0]).toBe(200);
    expect(await publishing({ name: name(201) })).toEqual([400, text]);
    expect(await publishing({ name: "" })).toEqual([400, text]);
  });

  test("data of 10 KB, in bytes and not in characters", async () => {
    expect((await publishing({ data: name(10_240) }))[0]).toBe(200);
    expect((await publishing({ data: name(10_241) }))[0]).toBe(413);
    expect((await publishing({ data: "é".repeat(5120) }))[0]).toBe(200);
    expect((await publishing({ data: "é".repeat(5121) }))[0]).toBe(413);
  });

  test("100 channels, and 10 events of a batch", async () => {
    const channels = Array.from({ length: 101 }, (_, index) => `many-${index}`);
    expect((await publishing({ channels: channels.slice(1) }))[0]).toBe(200);
    expect(await publishing({ channels })).toEqual([400, "Too many channels (101 > 100)\n"]);
    const batch = (count: number): string =>
      JSON.stringify({
        batch: Array.from({ length: count }, () => ({ name: "e", channel: "a", data: "" })),
      });
    expect((await api("POST", "batch_events", batch(10)))[0]).toBe(200);
    expect(await api("POST", "batch_events", batch(11))).toEqual([
      400,
      "Batch too large (11 > 10)\n",
    ]);
  });

  test("a client event of 200 characters with data of 10 KB", async () => {
    const [sender, receiver] = [await connect(), await connect()];
    await subscribe(sender, "private-limits");
    await subscribe(receiver, "private-limits");
    const send = (event: string, data: string): Promise<unknown> => {
      sender.client.send({ event, channel: "private-limits", data });
      return answerOf(sender.client);
    };
    expect(await send(name(200, "client-"), name(10_240))).toBeNull();
    expect(await send(name(201, "client-"), "")).toBe(
      "Event name too long: the maximum is 200 characters",
    );
    expect(await send("client-a", name(10_241))).toMatch(
      /exceeds the allowed maximum \(10240 bytes\)/,
    );
    expect(await receiver.client.received()).toHaveLength(1);
  });

  test("a member's id of 128 characters with a user_info of 1 KB", async () => {
    const member = await connect();
    const join = (id: string, infoBytes: number): Promise<unknown> => {
      const info = { a: name(infoBytes - '{"a":""}'.length) };
      const channel = `presence-limits-${id.length}-${infoBytes}`;
      return subscribe(member, channel, JSON.stringify({ user_id: id, user_info: info }));
    };
    expect(await join(name(128), 1024)).toStartWith('{"presence":');
    expect(await join(name(129), 1024)).toStartWith("user_id supplied to presence subscription");
    expect(await join("", 1024)).toStartWith("user_id supplied to presence subscription");
    expect(await join(name(128), 1025)).toBe(
      "user_info supplied to presence subscription is too large: 1025 bytes, the maximum is 1024",
    );
  });

  test("100 members of a presence channel, and one more socket of one of them", async () => {
    const members = await Promise.all(Array.from({ length: 102 }, connect));
    const answers: unknown[] = [];
    for (const [index, member] of members.entries())
      answers.push(
        await subscribe(member, "presence-full", `{"user_id":"${Math.min(index, 100)}"}`),
      );
    const refusals = answers.filter((answer) => !String(answer).startsWith('{"presence":'));
    expect(refusals).toEqual([
      "Presence channel presence-full is over its limit of 100 members",
      "Presence channel presence-full is over its limit of 100 members",
    ]);
    const [again] = [await connect()];
    expect(await subscribe(again, "presence-full", '{"user_id":"7"}')).toStartWith('{"presence":');
  });

  test("a user's id of 128 characters, and a watchlist of 100 users", async () => {
    const signIn = async (id: string, watched: number): Promise<readonly unknown[]> => {
      const { client, socketId } = await connect();
      const watchlist = Array.from({ length: watched }, (_, index) => `watched-${index}`);
      client.signIn(signSignin(socketId, JSON.stringify({ id, watchlist })));
      return (await client.received()).map(({ event, data }) =>
        event === "pusher:error" ? data : event,
      );
    };
    const welcome = ["pusher:signin_success", "pusher_internal:watchlist_events"];
    expect(await signIn(name(128), 100)).toEqual(welcome);
    expect(await signIn("a", 101)).toEqual([
      ...welcome,
      { code: 4302, message: "Watchlist over its limit: only the first 100 users are watched" },
    ]);
    expect(await signIn(name(129), 0)).toMatchObject([
      { code: null, message: expect.stringMatching(/^id supplied in user_data is invalid/) },
    ]);
  });

  test("each refusal is counted by its limit", async () => {
    const { client, socketId } = await connect();
    await subscribe({ client, socketId }, "private-counted");
    const big = JSON.stringify({ user_id: "1", user_info: { a: name(2000) } });
    const watching = { id: "1", watchlist: Array.from({ length: 101 }, String) };
    const toMany = { channels: Array.from({ length: 101 }, (_, index) => `many-${index}`) };
    const batch = Array.from({ length: 11 }, () => ({ name: "e", channel: "a", data: "" }));
    const event = { event: name(201, "client-"), channel: "private-counted", data: "" };
    const causes: Readonly<Record<string, () => Promise<unknown>>> = {
      event_channels: () => publishing(toMany),
      event_data: () => publishing({ data: name(20_000) }),
      batch_events: () => api("POST", "batch_events", JSON.stringify({ batch })),
      event_name: async () => {
        client.send(event);
        await client.received();
      },
      presence_member_size: () => subscribe({ client, socketId }, "presence-counted", big),
      watchlist: async () => {
        client.signIn(signSignin(socketId, JSON.stringify(watching)));
        await client.received();
      },
    };
    for (const [limit, cause] of Object.entries(causes)) {
      const before = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit });
      await cause();
      const after = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit });
      expect([limit, after - before]).toEqual([limit, 1]);
    }
  });
});

describe("a filter that is refused", () => {
  const leaf = { key: "a", cmp: "eq", val: "b" };
  const nested = (depth: number): unknown =>
    depth === 0 ? leaf : { op: "not", nodes: [nested(depth - 1)] };

  test.each<[string, unknown]>([
    ["too deep by far", nested(50)],
    ["too deep by one", nested(16)],
    ["too long by far", { op: "or", nodes: Array.from({ length: 1500 }, () => leaf) }],
    ["with too many values", { key: "a", cmp: "in", vals: Array.from({ length: 129 }, String) }],
    ["of an operator __proto__", { op: "__proto__", nodes: [leaf] }],
    ["of a comparison constructor", { key: "a", cmp: "constructor", val: "b" }],
    ["with a key of 60 KB", { key: "a".repeat(60_000), cmp: "ex" }],
    ["a text", "a"],
    ["a number", 1],
    ["a list of lists", [[[]]]],
  ])("%s", async (_, filter) => {
    const { client } = await connect();
    client.send({ event: "pusher:subscribe", data: { channel: "filtered", filter } });
    expect(await answerOf(client)).toMatch(/^Cannot /);
    expect(await subscribe({ client, socketId: "" }, "filtered")).toBe("{}");
  });
});

/** Publishes a plain event with these members changed. */
function publishing(
  difference: Readonly<Record<string, unknown>>,
): Promise<readonly [status: number, answer: string]> {
  const channel = "channels" in difference ? {} : { channel: "a" };
  return api("POST", "events", JSON.stringify({ name: "e", data: "", ...channel, ...difference }));
}

/** A lone surrogate cannot be written in a URL. */
function wellFormed(text: string): string {
  return text.toWellFormed().slice(0, 5000);
}
