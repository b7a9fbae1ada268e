import { beforeEach, describe, expect, test } from "bun:test";
import { tickApp } from "../../../src/hub/hub.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { publish } from "../../../src/hub/publish.ts";
import { unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { closeUser, signIn, signOut } from "../../../src/hub/users.ts";
import { CLOSE, type Fault } from "../../../src/protocol/faults.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub, subscribe } from "../../doubles/hub.ts";
import { TestSocket } from "../../doubles/network.ts";

let parts: TestHub;
let hub: AppHub;
let ids = 0;

beforeEach(() => {
  parts = testHub();
  hub = parts.hub.of(testApp({ watchlist: true }));
});

function connect(): TestSocket {
  const socket = new TestSocket(parts.network, `1.${++ids}`);
  hub.connect(socket);
  return socket;
}

function enter(socket: TestSocket, user: unknown): Fault | null {
  const userData = typeof user === "string" ? user : JSON.stringify(user);
  const auth = `${KEY}:${sign(SECRET, `${socket.id}::user::${userData}`)}`;
  return signIn(hub, socket, { kind: "signin", auth, userData });
}

function leave(socket: TestSocket): void {
  unsubscribeAll(hub, socket);
  signOut(hub, socket);
  hub.disconnect(socket);
  for (const topic of parts.network.topics.values()) topic.delete(socket);
}

function watched(socket: TestSocket): unknown[] {
  return socket
    .take()
    .filter(([event]) => event === "pusher_internal:watchlist_events")
    .map(([, data]) => JSON.parse(String(data)).events);
}

describe("signIn()", () => {
  test("answers with the user data as it was sent", () => {
    const socket = connect();
    expect(enter(socket, '{"id":"42", "user_info":{"a":1}}')).toBeNull();
    expect(socket.frames).toEqual([
      '{"event":"pusher:signin_success","data":"{\\"user_data\\":\\"{\\\\\\"id\\\\\\":\\\\\\"42\\\\\\", \\\\\\"user_info\\\\\\":{\\\\\\"a\\\\\\":1}}\\"}"}',
    ]);
  });

  test("accepts the same user again, and no other", () => {
    const socket = connect();
    enter(socket, { id: "1" });
    expect(enter(socket, { id: "1" })).toBeNull();
    expect(enter(socket, { id: "2" })?.message).toBe(
      "Connection already signed in as 1: a connection cannot change its user",
    );
    expect(hub.users.get("1")?.sockets.size).toBe(1);
  });

  test.each([
    ["[]", "user_data required to sign in: must be JSON with an id"],
    [{}, "id supplied in user_data is invalid"],
    [{ id: 7 }, "id supplied in user_data is invalid"],
    [{ id: "" }, "id supplied in user_data is invalid"],
    [{ id: "a b" }, "id supplied in user_data is invalid"],
    [{ id: "x".repeat(129) }, "id supplied in user_data is invalid"],
    [{ id: "1", user_info: [] }, "user_info supplied in user_data is invalid"],
    [{ id: "1", watchlist: "2" }, "watchlist supplied in user_data is invalid"],
    [{ id: "1", watchlist: [2] }, "watchlist supplied in user_data is invalid"],
  ])("refuses %j", (user, message) => {
    expect(enter(connect(), user)?.message).toStartWith(message);
    expect(hub.users.size).toBe(0);
  });

  test.each([
    [null, "{}", "Auth info required to sign in"],
    ["nonsense", "{}", "Auth value for signin is invalid: should be of format 'key:signature'"],
    ["other:sig", "{}", "Invalid key in signin auth data: 'other'"],
    [`${KEY}:sig`, null, "user_data required to sign in: must be JSON with an id"],
  ])("refuses auth %j", (auth, userData, message) => {
    expect(signIn(hub, connect(), { kind: "signin", auth, userData })?.message).toBe(message);
  });

  test("says what should have been signed", () => {
    const socket = connect();
    const fault = signIn(hub, socket, { kind: "signin", auth: `${KEY}:bad`, userData: "{}" });
    expect(fault?.message).toBe(
      `Invalid signature: Expected HMAC SHA256 hex digest of ${socket.id}::user::{}, but got bad`,
    );
  });
});

describe("watchlists", () => {
  test("send the state first and then every change", () => {
    const online = connect();
    enter(online, { id: "on" });
    const watcher = connect();
    enter(watcher, { id: "w", watchlist: ["on", "off"] });
    expect(watched(watcher)).toEqual([
      [
        { name: "online", user_ids: ["on"] },
        { name: "offline", user_ids: ["off"] },
      ],
    ]);
    const late = connect();
    enter(late, { id: "off" });
    expect(watched(watcher)).toEqual([[{ name: "online", user_ids: ["off"] }]]);
    leave(late);
    expect(watched(watcher)).toEqual([[{ name: "offline", user_ids: ["off"] }]]);
  });

  test("announce a user who comes and goes twice a second, and then the state at its end", () => {
    const watcher = connect();
    enter(watcher, { id: "w", watchlist: ["u"] });
    watched(watcher);
    const names = (): unknown[] => watched(watcher).map((events) => JSON.stringify(events));
    const comeAndGo = (): void => {
      const socket = connect();
      enter(socket, { id: "u" });
      leave(socket);
    };
    for (let times = 0; times < 50; times++) comeAndGo();
    expect(names()).toHaveLength(5);
    tickApp(hub);
    expect(names()).toEqual(['[{"name":"offline","user_ids":["u"]}]']);
    leave(watcher);
    tickApp(hub);
    expect([hub.users.size, hub.unsettledUsers.size]).toEqual([0, 0]);
  });

  test("forget a user with the last watcher, and know a user who comes back", () => {
    const watcher = connect();
    enter(watcher, { id: "w", watchlist: ["u"] });
    const first = connect();
    enter(first, { id: "u" });
    leave(first);
    leave(watcher);
    enter(connect(), { id: "u" });
    tickApp(hub);
    expect(hub.users.get("u")?.online).toBe(true);
  });

  test("stay correct for other watchers when a sign-in is closed over quota", () => {
    const limited = testApp(
      { id: "5", watchlist: true, authorisedConnections: true },
      { maxConnections: 1 },
    );
    hub = parts.hub.of(limited);
    const watcher = connect();
    enter(watcher, { id: "w", watchlist: ["u"] });
    const late = connect();
    // As with the runtime, everything that follows from a close happens before it returns.
    late.close = () => leave(late);
    enter(late, { id: "v", watchlist: ["u"] });
    expect(hub.users.get("u")?.watcherCount).toBe(1);
  });

  test("follow users, not their connections", () => {
    const watcher = connect();
    enter(watcher, { id: "w", watchlist: ["u"] });
    watched(watcher);
    const [first, second] = [connect(), connect()];
    enter(first, { id: "u" });
    enter(second, { id: "u" });
    leave(first);
    expect(watched(watcher)).toEqual([[{ name: "online", user_ids: ["u"] }]]);
    leave(second);
    expect(watched(watcher)).toEqual([[{ name: "offline", user_ids: ["u"] }]]);
  });

  test("hold a hundred users, and report when they are cut", () => {
    const watcher = connect();
    const watchlist = Array.from({ length: 101 }, (_, index) => `u${index}`);
    expect(enter(watcher, { id: "w", watchlist })).toMatchObject({ code: 4302 });
    const frames = watcher.frames.map((frame) => JSON.parse(frame).event);
    expect(frames).toEqual(["pusher:signin_success", "pusher_internal:watchlist_events"]);
    expect(JSON.parse(JSON.parse(watcher.frames[1] ?? "").data).events[0].user_ids).toHaveLength(
      100,
    );
  });

  test("leave nothing behind", () => {
    const sockets = ["a", "b"].map((id) => {
      const socket = connect();
      enter(socket, { id, watchlist: ["a", "b", "c"] });
      return socket;
    });
    sockets.forEach(leave);
    expect(hub.users.size).toBe(0);
  });

  test("are not sent if the app has them off", () => {
    hub = parts.hub.of(testApp({ id: "4" }));
    const watcher = connect();
    expect(enter(watcher, { id: "w", watchlist: ["u"] })).toBeNull();
    expect(watched(watcher)).toEqual([]);
  });
});

describe("a user's own channel", () => {
  const command = {
    kind: "subscribe",
    channel: "#server-to-user-7",
    auth: null,
    channelData: null,
  } as const;

  test("is for the signed-in user alone", () => {
    const [own, other, nobody] = [connect(), connect(), connect()];
    enter(own, { id: "7" });
    enter(other, { id: "77" });
    for (const socket of [other, nobody])
      expect(subscribe(hub, socket, command)?.message).toStartWith(
        "Cannot subscribe to #server-to-user-7",
      );
    expect(subscribe(hub, own, command)).toBeNull();
    own.take();
    publish(hub, {
      event: "e",
      data: "1",
      channels: [command.channel],
      exceptSocketId: null,
      ...PLAIN,
    });
    expect(own.frames).toEqual(['{"event":"e","data":"1","channel":"#server-to-user-7"}']);
    expect(parts.events).toEqual([]);
  });
});

describe("presence without channel data", () => {
  test("takes the member from the sign-in", () => {
    const socket = connect();
    enter(socket, { id: "7", user_info: { name: "N" } });
    socket.take();
    const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, "presence-x", null))}`;
    expect(
      subscribe(hub, socket, { kind: "subscribe", channel: "presence-x", auth, channelData: null }),
    ).toBeNull();
    expect(socket.frames[0]).toContain('\\"hash\\":{\\"7\\":{\\"name\\":\\"N\\"}}');
  });

  test("prefers channel data, and needs one of the two", () => {
    const socket = connect();
    const join = (channelData: string | null): Fault | null => {
      const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, "presence-x", channelData))}`;
      return subscribe(hub, socket, {
        kind: "subscribe",
        channel: "presence-x",
        auth,
        channelData,
      });
    };
    expect(join(null)?.message).toStartWith("channel_data required to subscribe to presence-x");
    enter(socket, { id: "7" });
    expect(join('{"user_id":"8"}')).toBeNull();
    expect(hub.channels.get("presence-x")?.presence?.has("8")).toBe(true);
  });
});

test("closeUser() closes the user's connections, and none that only share a presence id", () => {
  const [own, second, other] = [connect(), connect(), connect()];
  enter(own, { id: "7" });
  enter(second, { id: "7" });
  enter(other, { id: "8" });
  closeUser(hub, "7", CLOSE.terminated());
  expect([own, second, other].map(({ closedWith }) => closedWith?.code ?? null)).toEqual([
    4009,
    4009,
    null,
  ]);
});

test("only authorised connections count towards the quota if the app asks for authorisation", () => {
  hub = parts.hub.of(testApp({ id: "5", authorisedConnections: true }, { maxConnections: 1 }));
  const [first, second, third] = [connect(), connect(), connect()];
  expect(hub.connectionCount).toBe(0);
  enter(first, { id: "1" });
  expect([hub.connectionCount, first.closedWith]).toEqual([1, null]);
  enter(second, { id: "2" });
  expect(second.closedWith?.code).toBe(4004);
  leave(first);
  leave(second);
  leave(third);
  expect(hub.connectionCount).toBe(0);
});
