import { beforeEach, describe, expect, test } from "bun:test";
import { tickApp } from "../../../src/hub/hub.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { publish } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import type { ClientEventCommand } from "../../../src/protocol/commands.ts";
import type { Fault } from "../../../src/protocol/faults.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub, subscribe, sendClientEvent } from "../../doubles/hub.ts";
import { type TestNetwork, TestSocket } from "../../doubles/network.ts";

let parts: TestHub;
let network: TestNetwork;
let hub: AppHub;
let ids = 0;

beforeEach(() => {
  parts = testHub();
  network = parts.network;
  hub = parts.hub.of(
    testApp({}, { maxPresenceMembers: 2, maxPresenceMemberBytes: 64, maxSubscriptions: 5 }),
  );
});

function connect(): TestSocket {
  const socket = new TestSocket(network, `1.${++ids}`);
  hub.connect(socket);
  return socket;
}

/** Subscribes with a valid signature. `member` is the channel data. */
function join(socket: TestSocket, channel: string, member: unknown = null): Fault | null {
  const channelData = member === null ? null : JSON.stringify(member);
  const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, channelData))}`;
  return subscribe(hub, socket, { kind: "subscribe", channel, auth, channelData });
}

function send(channels: readonly string[], except: string | null = null): void {
  publish(hub, { event: "e", data: '{"a":"b"}', channels, exceptSocketId: except, ...PLAIN });
}

function clientEvent(channel: string, data: unknown = "{}"): ClientEventCommand {
  return { kind: "clientEvent", event: "client-x", channel, data };
}

describe("subscribe()", () => {
  test("answers with the exact frame", () => {
    const socket = connect();
    expect(join(socket, "my-channel")).toBeNull();
    expect(socket.frames).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"my-channel"}',
    ]);
  });

  test("refuses a second subscription and leaves the first unchanged", () => {
    const socket = connect();
    join(socket, "a");
    expect(join(socket, "a")?.message).toBe("Existing subscription to channel a");
    socket.take();
    send(["a"]);
    expect(socket.take()).toEqual([["e", '{"a":"b"}']]);
  });

  test("limits the channels of one connection", () => {
    const socket = connect();
    for (const name of ["a", "b", "c", "d", "e"]) expect(join(socket, name)).toBeNull();
    expect(join(socket, "f")?.message).toBe(
      "Too many subscriptions on one connection: the maximum is 5",
    );
    unsubscribe(hub, socket, "a");
    expect(join(socket, "f")).toBeNull();
  });

  test.each([
    "",
    "a b",
    "#a",
    "a/b",
    "ä",
    "x".repeat(165),
    "#server-to-user-",
    "#server-to-user-ä",
  ])("refuses the name %j", (name) => {
    expect(join(connect(), name)?.message).toStartWith("Invalid channel name");
    expect(hub.channels.size).toBe(0);
  });

  test.each(["privateer", "presencefoo", "cache-private-x", "x".repeat(164), "a_-=@,.;9"])(
    "accepts %s as a public channel",
    (name) => {
      const socket = connect();
      expect(
        subscribe(hub, socket, { kind: "subscribe", channel: name, auth: null, channelData: null }),
      ).toBeNull();
    },
  );

  test.each([
    "private-a",
    "private-encrypted-a",
    "private-cache-a",
    "private-encrypted-cache-a",
    "presence-a",
    "presence-cache-a",
  ])("asks for authorisation on %s", (name) => {
    const command = { kind: "subscribe", channel: name, auth: null, channelData: null } as const;
    expect(subscribe(hub, connect(), command)?.message).toBe(
      `Auth info required to subscribe to ${name}`,
    );
  });
});

describe("presence", () => {
  test("rosters have count, ids and hash, and include the new member", () => {
    const [a, b] = [connect(), connect()];
    join(a, "presence-x", { user_id: 11, user_info: { name: "P" } });
    expect(a.frames).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{\\"presence\\":{\\"count\\":1,\\"ids\\":[\\"11\\"],\\"hash\\":{\\"11\\":{\\"name\\":\\"P\\"}}}}","channel":"presence-x"}',
    ]);
    join(b, "presence-x", { user_id: "12" });
    const [, data] = b.take()[0] ?? [];
    expect(JSON.parse(String(data))).toEqual({
      presence: { count: 2, ids: ["11", "12"], hash: { "11": { name: "P" }, "12": {} } },
    });
  });

  test("announces a user's first socket and last, and no other", () => {
    const [watcher, first, second] = [connect(), connect(), connect()];
    join(watcher, "presence-x", { user_id: "w" });
    watcher.take();
    join(first, "presence-x", { user_id: "u", user_info: { n: 1 } });
    expect(watcher.frames.splice(0)).toEqual([
      '{"event":"pusher_internal:member_added","data":"{\\"user_id\\":\\"u\\",\\"user_info\\":{\\"n\\":1}}","channel":"presence-x"}',
    ]);
    join(second, "presence-x", { user_id: "u", user_info: { n: 2 } });
    expect(watcher.take()).toEqual([]);
    // The user object of the first socket stays until the user is gone.
    expect(second.frames.at(-1)).toContain('\\"u\\":{\\"n\\":1}');
    unsubscribe(hub, first, "presence-x");
    expect(watcher.take()).toEqual([]);
    unsubscribeAll(hub, second);
    second.leave([...network.topics.keys()][0] ?? "");
    expect(watcher.frames).toEqual([
      '{"event":"pusher_internal:member_removed","data":"{\\"user_id\\":\\"u\\"}","channel":"presence-x"}',
    ]);
    expect(first.take().map(([event]) => event)).not.toContain("pusher_internal:member_added");
  });

  test("announces a user who comes and goes twice a second, and then the state at its end", () => {
    const watcher = connect();
    join(watcher, "presence-x", { user_id: "w" });
    tickApp(hub);
    watcher.take();
    const comeAndGo = (): void => {
      const socket = connect();
      join(socket, "presence-x", { user_id: "u" });
      unsubscribe(hub, socket, "presence-x");
    };
    const told = (): string[] =>
      watcher.take().map(([event]) => event.replace("pusher_internal:member_", ""));
    for (let times = 0; times < 50; times++) comeAndGo();
    expect(told()).toEqual(["added", "removed", "added", "removed", "added"]);
    tickApp(hub);
    expect(told()).toEqual(["removed"]);
    for (let times = 0; times < 50; times++) comeAndGo();
    join(connect(), "presence-x", { user_id: "u" });
    told();
    tickApp(hub);
    expect(told()).toEqual([]);
    expect(hub.channels.get("presence-x")?.presence?.userCount).toBe(2);
  });

  test("announces lingering members as gone when the channel is vacated", () => {
    const socket = connect();
    for (let times = 0; times < 5; times++) {
      join(socket, "presence-x", { user_id: "u" });
      if (times < 4) join(connect(), "presence-x", { user_id: "w" });
      unsubscribe(hub, socket, "presence-x");
    }
    for (const each of hub.sockets.values()) unsubscribeAll(hub, each);
    expect([hub.channels.size, hub.unsettledChannels.size]).toEqual([0, 0]);
    const events = parts.events.filter((event) => "userId" in event && event.userId === "u");
    expect(events.at(-1)?.kind).toBe("member_removed");
    expect(events.filter(({ kind }) => kind === "member_added").length).toBe(
      events.filter(({ kind }) => kind === "member_removed").length,
    );
  });

  test("limits users, not sockets", () => {
    const [a, b, c, d] = [connect(), connect(), connect(), connect()];
    join(a, "presence-x", { user_id: "1" });
    join(b, "presence-x", { user_id: "2" });
    expect(join(c, "presence-x", { user_id: "3" })?.message).toBe(
      "Presence channel presence-x is over its limit of 2 members",
    );
    expect(join(d, "presence-x", { user_id: "2" })).toBeNull();
    expect(hub.channels.get("presence-x")?.presence?.userCount).toBe(2);
  });

  test.each([
    [null, "channel_data required to subscribe to presence-x: must be JSON with a user_id"],
    [
      {},
      "user_id supplied to presence subscription is invalid - must be a string or number of 1 to 128 characters",
    ],
    [
      { user_id: "" },
      "user_id supplied to presence subscription is invalid - must be a string or number of 1 to 128 characters",
    ],
    [
      { user_id: "x".repeat(129) },
      "user_id supplied to presence subscription is invalid - must be a string or number of 1 to 128 characters",
    ],
    [
      { user_id: "1", user_info: [] },
      "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
    ],
    [
      { user_id: "1", user_info: "true" },
      "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
    ],
    [
      { user_id: "1", user_info: { a: "x".repeat(64) } },
      "user_info supplied to presence subscription is too large: 72 bytes, the maximum is 64",
    ],
  ])("refuses the member %j", (member, message) => {
    expect(join(connect(), "presence-x", member)?.message).toBe(message);
    expect(hub.channels.size).toBe(0);
  });

  test("accepts and reports a member whose user_info is true, unless the app is strict", () => {
    const [a, b] = [connect(), connect()];
    expect(join(a, "presence-x", { user_id: "1", user_info: true })).toBeNull();
    expect(a.take()[0]?.[1]).toBe('{"presence":{"count":1,"ids":["1"],"hash":{"1":true}}}');
    expect(join(b, "presence-x", { user_id: "2", user_info: true })).toBeNull();
    expect(a.take()).toEqual([
      ["pusher_internal:member_added", '{"user_id":"2","user_info":true}'],
    ]);
    expect(parts.leniencies).toEqual(["user_info_true", "user_info_true"]);

    hub = testHub().hub.of(testApp({}, { strictPresence: true }));
    expect(join(connect(), "presence-x", { user_id: "1", user_info: true })?.message).toBe(
      "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
    );
  });

  test("reports members who come and go, and whether the channel is occupied", () => {
    const [a, b] = [connect(), connect()];
    join(a, "presence-x", { user_id: "1" });
    join(b, "presence-x", { user_id: "1" });
    unsubscribe(hub, a, "presence-x");
    unsubscribeAll(hub, b);
    expect(parts.events).toEqual([
      { kind: "channel_occupied", channel: "presence-x" },
      { kind: "member_added", channel: "presence-x", userId: "1" },
      { kind: "member_removed", channel: "presence-x", userId: "1" },
      { kind: "channel_vacated", channel: "presence-x" },
    ]);
  });

  test("treats ids named after members of the prototype as ordinary ids", () => {
    const [a, b] = [connect(), connect()];
    join(a, "presence-x", { user_id: "__proto__" });
    join(b, "presence-x", { user_id: "constructor" });
    expect(b.frames[0]).toContain('\\"ids\\":[\\"__proto__\\",\\"constructor\\"]');
  });
});

describe("unsubscribe()", () => {
  test("has no reply, and ends the channel with its last subscriber", () => {
    const socket = connect();
    join(socket, "a");
    socket.take();
    expect(unsubscribe(hub, socket, "a")).toBeNull();
    expect(socket.frames).toEqual([]);
    expect(hub.channels.size).toBe(0);
    send(["a"]);
    expect(socket.frames).toEqual([]);
  });

  test("is refused without a subscription", () => {
    expect(unsubscribe(hub, connect(), "a")?.message).toBe(
      "No current subscription to channel a, or subscription in progress",
    );
  });

  test("followed by subscribe leaves the socket subscribed", () => {
    const socket = connect();
    join(socket, "a");
    unsubscribe(hub, socket, "a");
    join(socket, "a");
    socket.take();
    send(["a"]);
    expect(socket.take()).toHaveLength(1);
  });
});

describe("publish()", () => {
  test("makes one frame and one publish, whatever the number of subscribers", () => {
    const sockets = Array.from({ length: 50 }, connect);
    for (const socket of sockets) join(socket, "a");
    network.publishCount = 0;
    send(["a"]);
    expect(network.publishCount).toBe(1);
    for (const socket of sockets)
      expect(socket.frames.at(-1)).toBe('{"event":"e","data":"{\\"a\\":\\"b\\"}","channel":"a"}');
  });

  test("skips the excluded socket, and nobody if its id is unknown", () => {
    const [a, b] = [connect(), connect()];
    join(a, "a");
    join(b, "a");
    for (const socket of [a, b]) socket.take();
    send(["a"], a.id);
    expect([a.take().length, b.take().length]).toEqual([0, 1]);
    send(["a"], "9.9");
    expect([a.take().length, b.take().length]).toEqual([1, 1]);
  });

  test("reaches all subscribers if the excluded socket is not on the channel", () => {
    const [a, b] = [connect(), connect()];
    join(b, "a");
    b.take();
    send(["a"], a.id);
    expect(b.take()).toHaveLength(1);
  });

  test("delivers once for each channel that a socket is subscribed to", () => {
    const socket = connect();
    join(socket, "a");
    join(socket, "b");
    socket.take();
    send(["a", "b", "nobody"]);
    expect(socket.frames).toHaveLength(2);
  });

  test("keeps apps apart", () => {
    const other = parts.hub.of(testApp({ id: "4" }));
    const socket = connect();
    join(socket, "a");
    socket.take();
    publish(other, { event: "e", data: "", channels: ["a"], exceptSocketId: null, ...PLAIN });
    expect(socket.frames).toEqual([]);
  });
});

describe("sendClientEvent()", () => {
  test("reaches only the others, on presence channels with the sender's user id", () => {
    const [a, b] = [connect(), connect()];
    join(a, "presence-x", { user_id: "1" });
    join(b, "presence-x", { user_id: "2" });
    for (const socket of [a, b]) socket.take();
    expect(sendClientEvent(hub, a, clientEvent("presence-x", '{"hi":1}'))).toBeNull();
    expect(a.frames).toEqual([]);
    expect(b.frames).toEqual([
      '{"event":"client-x","data":"{\\"hi\\":1}","channel":"presence-x","user_id":"1"}',
    ]);
  });

  test("has no user id on a private channel", () => {
    const [a, b] = [connect(), connect()];
    join(a, "private-x");
    join(b, "private-x");
    b.take();
    sendClientEvent(hub, a, clientEvent("private-x"));
    expect(b.frames).toEqual(['{"event":"client-x","data":"{}","channel":"private-x"}']);
  });

  test.each([
    ["public", "Client event rejected - only supported on private and presence channels"],
    ["cache-x", "Client event rejected - only supported on private and presence channels"],
    [
      "#server-to-user-1",
      "Client event rejected - only supported on private and presence channels",
    ],
    [
      "private-other",
      "Cannot broadcast client event (connection not subscribed to channel private-other)",
    ],
  ])("refuses on %s", (channel, message) => {
    expect(sendClientEvent(hub, connect(), clientEvent(channel))?.message).toBe(message);
  });

  test("serialises data that is not a string, but only of events that may be sent", () => {
    const [a, b] = [connect(), connect()];
    join(a, "private-x");
    join(b, "private-x");
    b.take();
    sendClientEvent(hub, a, clientEvent("private-x", [1, { a: "b" }]));
    expect(b.frames).toEqual([
      '{"event":"client-x","data":"[1,{\\"a\\":\\"b\\"}]","channel":"private-x"}',
    ]);
    const unwritable = { toJSON: () => expect.unreachable("it must not be written") };
    const off = testHub().hub.of(testApp({ clientEvents: false }));
    for (const [given, channel] of [
      [off, "private-x"],
      [hub, "public"],
      [hub, "private-other"],
    ] as const)
      expect(sendClientEvent(given, a, clientEvent(channel, unwritable))).not.toBeNull();
  });

  test("refuses if the app has client events switched off", () => {
    const off = testHub().hub.of(testApp({ clientEvents: false }));
    expect(sendClientEvent(off, connect(), clientEvent("private-x"))?.message).toBe(
      "To send client events, you must enable this feature in the Settings page of your dashboard.",
    );
  });

  test("accepts 10,240 bytes and not one more, counted in UTF-8", () => {
    const socket = connect();
    join(socket, "private-x");
    expect(sendClientEvent(hub, socket, clientEvent("private-x", "x".repeat(10_240)))).toBeNull();
    expect(
      sendClientEvent(hub, socket, clientEvent("private-x", "x".repeat(10_241)))?.code,
    ).toBeNull();
    expect(
      sendClientEvent(hub, socket, clientEvent("private-x", "é".repeat(5121)))?.message,
    ).toContain("10242");
  });

  test("refuses a name over the limit", () => {
    const socket = connect();
    join(socket, "private-x");
    const long = { ...clientEvent("private-x"), event: `client-${"x".repeat(200)}` };
    expect(sendClientEvent(hub, socket, long)?.message).toContain("200 characters");
  });
});
