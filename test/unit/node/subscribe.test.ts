// Subscribing if the cluster has to be waited for: it answers late, never, with an error, or after
// the socket has closed.
import { beforeEach, describe, expect, test } from "bun:test";
import { MAX_KEPT_LENGTH, OPEN_TIMEOUT_MS } from "../../../src/node/openings.ts";
import { publish } from "../../../src/node/publish.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { NodeRig, type RigClient, publication, settled, subscribing, taken } from "./rig.ts";

const SUCCEEDED = "pusher_internal:subscription_succeeded";
const PING = '{"event":"pusher:ping","data":{}}';
let rig: NodeRig;

beforeEach(() => {
  rig = new NodeRig();
});

describe("subscribe()", () => {
  test("replies when the channel is open, and not before", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    await settled();
    expect([taken(client), rig.hub.channels.size]).toEqual([[], 0]);
    rig.cluster.letIn("a");
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} a`]);
  });

  test("does not wait for a channel that is open", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "a"));
    rig.cluster.letIn("a");
    await settled();
    second.session.received(subscribing(second, "a"));
    expect(taken(second)).toEqual([`${SUCCEEDED} a`]);
  });

  test("opens the channel once for all pending sockets, and closes it with the last one that leaves", async () => {
    const clients = [rig.connect(), rig.connect()];
    for (const client of clients) client.session.received(subscribing(client, "a"));
    rig.cluster.letIn("a");
    await settled();
    expect(clients.map(taken)).toEqual([[`${SUCCEEDED} a`], [`${SUCCEEDED} a`]]);
    for (const { transport } of clients) {
      expect([...rig.cluster.opened]).toEqual(["a"]);
      transport.end(1000);
    }
    expect([...rig.cluster.opened]).toEqual([]);
  });

  test("handles later frames of the socket in their order", async () => {
    const client = rig.connect();
    const { session } = client;
    session.received(subscribing(client, "a"));
    session.received(PING);
    session.received('{"event":"pusher:unsubscribe","data":{"channel":"a"}}');
    session.received('{"event":"pusher:unsubscribe","data":{"channel":"a"}}');
    session.received(PING);
    await settled();
    expect(taken(client)).toEqual([]);
    rig.cluster.letIn("a");
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} a`, "pusher:pong", "pusher:error", "pusher:pong"]);
    expect(rig.cluster.opened.size).toBe(0);
  });

  test("opens the channels of subscriptions that wait behind another, and replies in their order", async () => {
    const client = rig.connect();
    for (const channel of ["a", "b", "private-c"])
      client.session.received(subscribing(client, channel));
    expect([...rig.cluster.opened]).toEqual(["a", "b", "private-c"]);
    rig.cluster.letIn("private-c");
    rig.cluster.letIn("b");
    await settled();
    expect(taken(client)).toEqual([]);
    rig.cluster.letIn("a");
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} a`, `${SUCCEEDED} b`, `${SUCCEEDED} private-c`]);
    expect(rig.node.openings?.size).toBe(0);
  });

  test("opens no more than a hundred channels ahead for one socket", async () => {
    const client = rig.connect();
    for (let count = 0; count < 150; count++)
      client.session.received(subscribing(client, `c${count}`));
    expect(rig.cluster.opened.size).toBe(100);
    for (let count = 0; count < 150; count++) {
      rig.cluster.letIn(`c${count}`);
      await settled();
    }
    expect([taken(client).length, rig.cluster.opened.size]).toEqual([150, 150]);
  });

  test("opens nothing for a subscription that is not allowed", () => {
    const client = rig.connect();
    const forged = JSON.stringify({
      event: "pusher:subscribe",
      data: { channel: "private-b", auth: "x:y" },
    });
    client.session.received(subscribing(client, "a"));
    client.session.received(forged);
    expect([...rig.cluster.opened]).toEqual(["a"]);
  });

  test("counts pending subscriptions towards the limit and as subscribed", async () => {
    rig.hub.update(testApp({}, { maxSubscriptions: 2 }));
    const client = rig.connect();
    for (const channel of ["a", "b", "b", "c"])
      client.session.received(subscribing(client, channel));
    expect([...rig.cluster.opened]).toEqual(["a", "b"]);
    rig.cluster.letIn("a");
    rig.cluster.letIn("b");
    await settled();
    expect(client.transport.sent.map((frame) => JSON.parse(frame).data.message ?? "")).toEqual([
      "",
      "",
      "Existing subscription to channel b",
      "Too many subscriptions on one connection: the maximum is 2",
    ]);
  });

  test("checks the limits again after the wait", async () => {
    rig.hub.update(testApp({}, { maxPresenceMembers: 1 }));
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "presence-a", "u"));
    second.session.received(subscribing(second, "presence-a", "v"));
    rig.cluster.letIn("presence-a");
    await settled();
    expect([taken(first), taken(second)]).toEqual([[`${SUCCEEDED} presence-a`], ["pusher:error"]]);
  });

  test("closes the socket with 4100 if the channel cannot be opened", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    client.session.received(PING);
    rig.cluster.opens.fail("a", "The broker is down");
    await settled();
    expect(client.transport.closeFrame).toEqual([
      4100,
      "A channel could not be opened, try again later",
    ]);
    expect(taken(client)).toEqual([]);
    expect(rig.reports).toEqual(["Error: The broker is down"]);
    expect([rig.node.openings?.size, rig.cluster.opened.size]).toEqual([0, 0]);
  });

  test("closes the socket with 4100 if no answer comes in time", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    await rig.tick(OPEN_TIMEOUT_MS - 1);
    expect(client.transport.closeFrame).toBeNull();
    await rig.tick(1);
    expect(client.transport.closeFrame?.[0]).toBe(4100);
    expect(rig.reports).toEqual(['Error: Cannot open channel "a": no answer within 10000 ms']);
    // A late answer has no effect.
    rig.cluster.letIn("a");
    await settled();
    expect([rig.hub.channels.size, rig.cluster.opened.size, rig.node.deadlines.size]).toEqual([
      0, 0, 0,
    ]);
  });

  test("opens the channel anew for the next socket after it failed", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "b"));
    first.session.received(subscribing(first, "a"));
    rig.cluster.opens.fail("a", "The broker is down");
    await settled();
    // The first socket still waits for b, so it has not seen the failure yet.
    second.session.received(subscribing(second, "a"));
    rig.cluster.letIn("a");
    await settled();
    expect(taken(second)).toEqual([`${SUCCEEDED} a`]);
    rig.cluster.letIn("b");
    await settled();
    expect(taken(first)).toEqual([`${SUCCEEDED} b`, `${SUCCEEDED} a`]);
    expect([...rig.cluster.opened].toSorted()).toEqual(["a", "b"]);
  });

  test("does not subscribe a socket that has closed in the meantime", async () => {
    const client = rig.connect();
    for (const channel of ["a", "b"]) client.session.received(subscribing(client, channel));
    client.transport.end(1006);
    rig.cluster.letIn("a");
    await settled();
    expect([rig.hub.channels.size, rig.node.openings?.size, rig.cluster.opened.size]).toEqual([
      0, 0, 0,
    ]);
  });

  test("does not subscribe during a drain, nor if the app was disabled in the meantime", async () => {
    const [draining, disabled] = [rig.connect(), rig.connect()];
    draining.session.received(subscribing(draining, "a"));
    rig.node.draining = true;
    rig.cluster.letIn("a");
    await settled();
    expect(draining.transport.closeFrame?.[0]).toBe(4200);
    rig.node.draining = false;
    disabled.session.received(subscribing(disabled, "a"));
    rig.hub.update(testApp({ enabled: false }));
    rig.cluster.letIn("a");
    await settled();
    expect(disabled.transport.closeFrame?.[0]).toBe(4003);
    expect([rig.hub.channels.size, rig.cluster.opened.size]).toEqual([0, 0]);
  });

  test("closes a socket whose waiting frames take too much memory", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    for (let count = 0; count < 700 && client.transport.closeFrame === null; count++)
      client.session.received(PING);
    expect(client.transport.closeFrame?.[0]).toBe(4100);
    rig.cluster.letIn("a");
    await settled();
    expect([taken(client), rig.hub.channels.size]).toEqual([[], 0]);
  });

  test("sends a new subscriber of a cache channel the event that the cluster has", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "cache-a"));
    const { tags } = publication("cache-a", "e");
    rig.cluster.letIn("cache-a", { event: "e", data: "1", tags, expiresMs: 1000 });
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} cache-a`, "e cache-a"]);
  });
});

test("a leniency is reported once for a subscription, and not for a refused one", async () => {
  const leniencies: string[] = [];
  rig = new NodeRig({ lenient: (_app, reason) => void leniencies.push(reason) });
  rig.hub.update(testApp({}, { maxPresenceMembers: 1 }));
  const [first, second] = [rig.connect(), rig.connect()];
  first.session.received(subscribing(first, "a"));
  first.session.received(withBareInfo(first, "u"));
  rig.cluster.letIn("presence-b");
  rig.cluster.letIn("a");
  await settled();
  expect(taken(first)).toEqual([`${SUCCEEDED} a`, `${SUCCEEDED} presence-b`]);
  second.session.received(withBareInfo(second, "v"));
  expect(taken(second)).toEqual(["pusher:error"]);
  expect(leniencies).toEqual(["user_info_true"]);
});

/** Subscribes to presence-b with a `user_info` that is no object. */
function withBareInfo({ session }: RigClient, userId: string): string {
  const channelData = JSON.stringify({ user_id: userId, user_info: true });
  const text = subscriptionText(session.id, "presence-b", channelData);
  const auth = `${KEY}:${sign(SECRET, text)}`;
  const data = { channel: "presence-b", auth, channel_data: channelData };
  return JSON.stringify({ event: "pusher:subscribe", data });
}

test("a socket ends also when the cluster cannot close its channel", async () => {
  const client = rig.connect();
  client.session.received(subscribing(client, "a"));
  rig.cluster.letIn("a");
  await settled();
  rig.cluster.close = () => {
    throw new Error("The broker is down");
  };
  client.transport.end(1000);
  expect([rig.hub.sockets.size, rig.hub.channels.size]).toEqual([0, 0]);
  expect(rig.reports).toEqual(["Error: The broker is down"]);
});

describe("a channel that is being opened", () => {
  test("keeps what this node publishes among what arrives from others", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    rig.arrive("a", "first");
    void publish(rig.node, rig.hub, { ...publication("a", "second"), channels: ["a", "b"] });
    rig.arrive("a", "third");
    rig.cluster.letIn("a");
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} a`, "first a", "second a", "third a"]);
  });

  test("keeps what arrives for it, in order, until the first socket has subscribed", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "a"));
    second.session.received(subscribing(second, "b"));
    second.session.received(subscribing(second, "a"));
    for (const event of ["e1", "e2"]) rig.arrive("a", event);
    rig.arrive("other", "dropped");
    expect(taken(first)).toEqual([]);
    rig.cluster.letIn("a");
    await settled();
    rig.arrive("a", "e3");
    expect(taken(first)).toEqual([`${SUCCEEDED} a`, "e1 a", "e2 a", "e3 a"]);
    rig.cluster.letIn("b");
    await settled();
    rig.arrive("a", "e4");
    expect([taken(first), taken(second)]).toEqual([
      ["e4 a"],
      [`${SUCCEEDED} b`, `${SUCCEEDED} a`, "e4 a"],
    ]);
  });

  test("drops the oldest of what it keeps when that becomes too long", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    const half = "x".repeat(MAX_KEPT_LENGTH / 2 - 1000);
    for (const event of ["e1", "e2", "e3"]) rig.arrive("a", event, half);
    rig.cluster.letIn("a");
    await settled();
    expect(taken(client)).toEqual([`${SUCCEEDED} a`, "e2 a", "e3 a"]);
  });

  test("gives newcomers of a cache channel what applications published on other nodes, and no client events", async () => {
    const [first, second, third] = [rig.connect(), rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "cache-a"));
    rig.arrive("cache-a", "e1");
    rig.arrive("cache-a", "client-e", "{}", "client");
    rig.cluster.letIn("cache-a");
    await settled();
    second.session.received(subscribing(second, "cache-a"));
    rig.arrive("cache-a", "e2");
    rig.arrive("cache-a", "client-e", "{}", "client");
    third.session.received(subscribing(third, "cache-a"));
    expect([first, second, third].map(taken)).toEqual([
      [
        `${SUCCEEDED} cache-a`,
        "pusher:cache_miss cache-a",
        "e1 cache-a",
        "client-e cache-a",
        "e2 cache-a",
        "client-e cache-a",
      ],
      [`${SUCCEEDED} cache-a`, "e1 cache-a", "e2 cache-a", "client-e cache-a"],
      [`${SUCCEEDED} cache-a`, "e2 cache-a"],
    ]);
  });

  test("forgets what it keeps when it fails: those who enter later are not told of it", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "b"));
    first.session.received(subscribing(first, "a"));
    rig.arrive("a", "e1");
    rig.cluster.opens.fail("a", "The broker is down");
    await settled();
    rig.arrive("a", "e2");
    second.session.received(subscribing(second, "a"));
    rig.arrive("a", "e3");
    rig.cluster.letIn("a");
    await settled();
    rig.arrive("a", "e4");
    // The first has not met the failure, and enters the channel that the second has opened.
    rig.cluster.letIn("b");
    await settled();
    rig.arrive("a", "e5");
    expect([taken(first), taken(second)]).toEqual([
      [`${SUCCEEDED} b`, `${SUCCEEDED} a`, "e5 a"],
      [`${SUCCEEDED} a`, "e3 a", "e4 a", "e5 a"],
    ]);
  });

  test("keeps a bounded number of events without data", async () => {
    const client = rig.connect();
    client.session.received(subscribing(client, "a"));
    const count = Math.ceil(MAX_KEPT_LENGTH / 100);
    for (let index = 0; index < count; index++) rig.arrive("a", `e${index}`, "");
    rig.cluster.letIn("a");
    await settled();
    const [, oldest, ...later] = taken(client);
    expect(oldest).not.toBe("e0 a");
    expect(later.length).toBeLessThan(count / 2);
    expect(later.at(-1)).toBe(`e${count - 1} a`);
  });

  test("gives the first subscriber of a cache channel each event once, in order", async () => {
    const client = rig.connect();
    void publish(rig.node, rig.hub, publication("cache-a", "before"));
    client.session.received(subscribing(client, "cache-a"));
    rig.arrive("cache-a", "e1");
    void publish(rig.node, rig.hub, publication("cache-a", "e2"));
    rig.arrive("cache-a", "e3");
    rig.cluster.letIn("cache-a");
    await settled();
    expect(taken(client)).toEqual([
      `${SUCCEEDED} cache-a`,
      "before cache-a",
      "e1 cache-a",
      "e2 cache-a",
      "e3 cache-a",
    ]);
  });

  test("that fails to open still remembers what was published to a cache channel", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "cache-a"));
    void publish(rig.node, rig.hub, publication("cache-a", "e1"));
    rig.cluster.opens.fail("cache-a", "The broker is down");
    await settled();
    second.session.received(subscribing(second, "cache-a"));
    rig.cluster.letIn("cache-a");
    await settled();
    expect(taken(second)).toEqual([`${SUCCEEDED} cache-a`, "e1 cache-a"]);
  });

  test("stays open if its last subscriber leaves while another subscription is pending", async () => {
    const [first, second] = [rig.connect(), rig.connect()];
    first.session.received(subscribing(first, "a"));
    second.session.received(subscribing(second, "b"));
    second.session.received(subscribing(second, "a"));
    rig.cluster.letIn("a");
    await settled();
    first.transport.end(1000);
    expect(rig.cluster.opened.has("a")).toBe(true);
    rig.cluster.letIn("b");
    await settled();
    expect(taken(second)).toEqual([`${SUCCEEDED} b`, `${SUCCEEDED} a`]);
    second.transport.end(1000);
    expect(rig.cluster.opened.size).toBe(0);
  });
});
