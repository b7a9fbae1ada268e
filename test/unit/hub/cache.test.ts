import { beforeEach, describe, expect, test } from "bun:test";
import { tickApp } from "../../../src/hub/hub.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { sendClientEvent } from "../../../src/node/client-event.ts";
import { publishFromApi } from "../../../src/hub/publish.ts";
import { unsubscribe } from "../../../src/hub/subscribe.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub, subscribe } from "../../doubles/hub.ts";
import { TestSocket } from "../../doubles/network.ts";

let parts: TestHub;
let hub: AppHub;
let ids = 0;

beforeEach(() => {
  parts = testHub();
  hub = parts.hub.of(testApp());
});

function join(channel: string): TestSocket {
  const socket = new TestSocket(parts.network, `1.${++ids}`);
  hub.connect(socket);
  const channelData = channel.startsWith("presence-") ? '{"user_id":"1"}' : null;
  const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, channelData))}`;
  expect(subscribe(hub, socket, { kind: "subscribe", channel, auth, channelData })).toBeNull();
  return socket;
}

function send(
  channels: readonly string[],
  data: string,
  exceptSocketId: string | null = null,
): void {
  publishFromApi(hub, { event: "e", data, channels, exceptSocketId, ...PLAIN });
}

function events(socket: TestSocket): readonly string[] {
  return socket.take().map(([event, data]) => `${event} ${String(data)}`.slice(0, 60));
}

describe("cache channels", () => {
  test.each(["cache-a", "private-cache-a", "presence-cache-a", "private-encrypted-cache-a"])(
    "%s sends its last event right after the reply, unmarked",
    (channel) => {
      send([channel], "old");
      send([channel], "new");
      expect(join(channel).frames[1]).toBe(`{"event":"e","data":"new","channel":"${channel}"}`);
    },
  );

  test("send a cache miss with data, and report only the first miss", () => {
    const [first, second] = [join("cache-a"), join("cache-a")];
    const miss = '{"event":"pusher:cache_miss","data":"{}","channel":"cache-a"}';
    expect([first.frames[1], second.frames[1]]).toEqual([miss, miss]);
    expect(parts.events.filter(({ kind }) => kind === "cache_miss")).toHaveLength(1);
  });

  test("report a miss again once there has been an event", () => {
    join("cache-a");
    send(["cache-a"], "x");
    parts.clock.nowMs = 60_000;
    join("cache-a");
    expect(parts.events.filter(({ kind }) => kind === "cache_miss")).toHaveLength(2);
  });

  test("forget an event when it expires", () => {
    send(["cache-a"], "x");
    parts.clock.nowMs = 59_999;
    expect(events(join("cache-a"))[1]).toBe("e x");
    parts.clock.nowMs = 60_000;
    expect(events(join("cache-a"))[1]).toBe("pusher:cache_miss {}");
    tickApp(hub);
    expect(hub.cache.get("cache-a", 0)).toBeNull();
  });

  test("remember an event even for the socket that the publish left out", () => {
    const sender = join("cache-a");
    sender.take();
    send(["cache-a"], "x", sender.id);
    expect(events(sender)).toEqual([]);
    expect(events(join("cache-a"))[1]).toBe("e x");
  });

  test("do not remember client events", () => {
    const [sender] = [join("private-cache-a"), join("private-cache-a")];
    sendClientEvent(hub, sender, {
      kind: "clientEvent",
      event: "client-x",
      channel: "private-cache-a",
      data: "1",
    });
    expect(events(join("private-cache-a"))[1]).toBe("pusher:cache_miss {}");
  });

  test("keep a bounded number of events, the newest", () => {
    for (const name of ["a", "b", "c", "a", "d"]) send([`cache-${name}`], name);
    const kept = ["a", "b", "c", "d"].filter((name) => hub.cache.get(`cache-${name}`, 0) !== null);
    expect(kept).toEqual(["a", "c", "d"]);
  });
});

describe("subscription_count", () => {
  beforeEach(() => {
    hub = parts.hub.of(testApp({ id: "4", subscriptionCount: true }));
  });

  function counts(socket: TestSocket): unknown[] {
    return socket
      .take()
      .filter(([event]) => event === "pusher_internal:subscription_count")
      .map(([, data]) => JSON.parse(String(data)).subscription_count);
  }

  test("is sent to all subscribers, including the new one after its reply", () => {
    const first = join("a");
    expect(first.frames[1]).toBe(
      '{"event":"pusher_internal:subscription_count","data":"{\\"subscription_count\\":1}","channel":"a"}',
    );
    first.take();
    parts.clock.nowMs = 1000;
    const second = join("a");
    expect([counts(first), counts(second)]).toEqual([[2], [2]]);
  });

  test("is sent once a second, however fast clients come and go", () => {
    const first = join("a");
    first.take();
    for (let count = 0; count < 50; count++) {
      const guest = join("a");
      unsubscribe(hub, guest, "a");
    }
    const last = join("a");
    expect(counts(first)).toEqual([]);
    parts.clock.nowMs = 1000;
    tickApp(hub);
    expect([counts(first), counts(last)]).toEqual([[2], [2]]);
    expect(parts.events.filter(({ kind }) => kind === "subscription_count")).toHaveLength(2);
  });

  test("is told at most every five seconds above a hundred", () => {
    const first = join("a");
    for (let count = 2; count <= 110; count++) join("a");
    expect(counts(first)).toEqual([1]);
    parts.clock.nowMs = 4999;
    tickApp(hub);
    expect(counts(first)).toEqual([]);
    parts.clock.nowMs = 5000;
    tickApp(hub);
    tickApp(hub);
    expect(counts(first)).toEqual([110]);
    expect(parts.events.at(-1)).toEqual({ kind: "subscription_count", channel: "a", count: 110 });
  });

  test("is not sent on presence channels", () => {
    expect(counts(join("presence-a"))).toEqual([]);
  });
});
