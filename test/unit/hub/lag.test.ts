import { beforeEach, describe, expect, test } from "bun:test";
import { tickApp } from "../../../src/hub/hub.ts";
import { enableDelta, resync } from "../../../src/hub/delta/requests.ts";
import { sendClientEvent } from "../../../src/node/client-event.ts";
import { beginLag, catchUp } from "../../../src/hub/lag/catch-up.ts";
import { notify } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { V2 } from "../../../src/protocol/dialect.ts";
import { subscriptionCount } from "../../../src/protocol/messages.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { data, DeltaRig, emptyState, forms, KEYED, stateOf, whole } from "./delta-rig.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig({}, [KEYED]);
});

/**
 * Makes the socket lag while the messages are sent, and catch up afterwards. Returns what it got meanwhile and what
 * it got then.
 */
function missing(socket: TestSocket, publishing: () => void): readonly [string[], string[]] {
  beginLag(rig.hub, socket);
  socket.frames.length = 0;
  publishing();
  const meanwhile = socket.frames.splice(0);
  catchUp(rig.hub, socket);
  return [meanwhile, socket.frames.splice(0)];
}

describe("a lagging socket", () => {
  test("is sent nothing while it lags, and then the newest message of each key", () => {
    const socket = rig.joined("c", { delta: null });
    const frames = missing(socket, () => {
      rig.send({ data: data(1, "BTC") });
      rig.send({ data: data(2, "ETH") });
      rig.send({ data: data(3, "BTC") });
    });
    expect(frames).toEqual([[], [whole(data(2, "ETH")), whole(data(3, "BTC"))]]);
    rig.send({ data: data(4) });
    expect(socket.frames).toEqual([whole(data(4))]);
  });

  test("is sent a large amount in parts, as it reads, and is put on the topic when it has everything", () => {
    const socket = rig.joined("c", { delta: null });
    beginLag(rig.hub, socket);
    for (const [value, key] of ["A", "B", "C", "D"].entries()) rig.send({ data: data(value, key) });
    socket.onFrame = () => void (socket.bufferedBytes += 10_000);
    catchUp(rig.hub, socket);
    expect(socket.frames).toEqual([whole(data(0, "A")), whole(data(1, "B"))]);
    // A newer message replaces one of the same key that it has not been sent yet.
    rig.send({ data: data(5, "C") });
    rig.send({ data: data(6, "A") });
    expect([socket.frames.length, rig.hub.lags.has(socket)]).toEqual([2, true]);
    for (let times = 0; times < 2; times++) {
      socket.bufferedBytes = 0;
      catchUp(rig.hub, socket);
    }
    expect(socket.frames.slice(2)).toEqual([
      whole(data(3, "D")),
      whole(data(5, "C")),
      whole(data(6, "A")),
    ]);
    expect(rig.hub.lags.get(socket)?.behind.size).toBe(0);
    rig.send({ data: data(7) });
    expect(socket.frames.at(-1)).toBe(whole(data(7)));
  });

  test("is sent each key once, whichever other sockets begin and end to lag", () => {
    const socket = rig.joined("c", { delta: null });
    const other = rig.joined("c", { delta: null, filter: { events: ["e"] } });
    const [, frames] = missing(socket, () => {
      rig.send({ data: data(0) });
      beginLag(rig.hub, other);
      rig.send({ data: data(1) });
      for (let value = 2; value < 20; value++) {
        if (value % 2 === 0) beginLag(rig.hub, other);
        else catchUp(rig.hub, other);
        rig.send({ data: data(value) });
      }
    });
    // At most two: one from before the other socket lagged for the first time.
    expect(frames.map((frame) => JSON.parse(JSON.parse(frame).data).value)).toEqual([0, 19]);
  });

  test("is sent everything that has no key, in order: other data, server messages, messages that must be whole", () => {
    const socket = rig.joined("c", { delta: null });
    const channel = rig.hub.channels.get("c");
    if (channel === undefined) throw new Error("no channel");
    const [, frames] = missing(socket, () => {
      rig.send({ data: "a" });
      notify(rig.hub, channel, subscriptionCount(channel, 7));
      rig.send({ data: data(1), compressible: false });
      rig.send({ data: data(2), compressible: false });
      rig.send({ data: "a" });
    });
    expect(frames).toEqual([
      whole("a"),
      `{"event":"pusher_internal:subscription_count","data":"{\\"subscription_count\\":7}","channel":"c"}`,
      whole(data(1)),
      whole(data(2)),
      whole("a"),
    ]);
  });

  test("is sent client events of others and not its own", () => {
    const [socket, other] = ["private-d", "private-d"].map((name) => rig.joined(name));
    if (socket === undefined || other === undefined) throw new Error("no sockets");
    const event = { kind: "clientEvent", event: "client-x", channel: "private-d" } as const;
    const [, frames] = missing(socket, () => {
      sendClientEvent(rig.hub, other, { ...event, data: "1" });
      sendClientEvent(rig.hub, socket, { ...event, data: "2" });
    });
    expect(frames).toEqual([whole("1", "private-d", "client-x"), emptyState("private-d")]);
  });

  test("with deltas is sent whole messages without markers and the state, and then deltas again", () => {
    rig = new DeltaRig();
    const [socket, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    const [, frames] = missing(socket, () => rig.send({ data: data(2) }));
    expect(frames).toEqual([whole(data(2)), stateOf(data(2), 1)]);
    rig.send({ data: data(3) });
    expect(forms(socket.frames)).toBe("d");
    expect(forms(other.frames)).toBe("Wdd");
  });

  test("whose state is too large is synced later", () => {
    rig = new DeltaRig({ maxSyncBytes: 10 });
    const socket = rig.joined("c");
    rig.send();
    const [, frames] = missing(socket, () => rig.send({ data: data(2) }));
    expect(frames).toEqual([whole(data(2)), emptyState()]);
    rig.send({ data: data(3) });
    tickApp(rig.hub);
    rig.send({ data: data(4) });
    expect(forms(socket.frames)).toBe("Wd");
  });

  test("keeps its filter, its dialect and its tags", () => {
    rig = new DeltaRig({}, [{ ...KEYED, conflationKey: null, deliverTags: true }]);
    const filter = { key: "ex", cmp: "eq", val: "NYSE" };
    const socket = rig.joined("c", { delta: null, filter, dialect: V2 });
    const [, frames] = missing(socket, () => {
      rig.send({ tags: new Map([["ex", "LSE"]]) });
      rig.send({ tags: new Map([["ex", "NYSE"]]) });
    });
    expect(frames).toEqual([`${whole(data(1)).slice(0, -1)},"tags":{"ex":"NYSE"}}`]);
  });

  test("does not affect the others: a message that leaves it out becomes the base", () => {
    const [socket, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    const [meanwhile, frames] = missing(socket, () => {
      rig.send({ data: data(2), exceptSocketId: socket.id });
      rig.send({ data: data(3), exceptSocketId: socket.id });
    });
    expect(meanwhile).toEqual([]);
    expect(frames).toHaveLength(1);
    expect(other.frames[2]).toContain('"base_index":1}}');
  });

  test("gets the newest message of a key that was for it, if the newest of all was not", () => {
    const filter = { events: ["e"] };
    const [filtered, excluded] = [
      rig.joined("c", { delta: null, filter }),
      rig.joined("c", { delta: null }),
    ];
    beginLag(rig.hub, excluded);
    const [, frames] = missing(filtered, () => {
      rig.send({ data: data(1) });
      rig.send({ data: data(2) });
      rig.send({ data: data(3), event: "f", exceptSocketId: excluded.id });
      rig.send({ data: data(4), event: "f", exceptSocketId: excluded.id });
    });
    expect(frames).toEqual([whole(data(2))]);
    catchUp(rig.hub, excluded);
    expect(excluded.frames).toEqual([whole(data(2))]);
  });

  test("that lags again is on no topic twice, and lagging ends once", () => {
    const socket = rig.joined("c", { delta: null });
    beginLag(rig.hub, socket);
    beginLag(rig.hub, socket);
    expect(rig.hub.counters.lags).toBe(1);
    catchUp(rig.hub, socket);
    catchUp(rig.hub, socket);
    rig.send();
    expect(socket.frames).toHaveLength(1);
  });

  test("that has lost a base is not put on a topic because of it", () => {
    const socket = rig.joined("c");
    rig.send();
    const [meanwhile] = missing(socket, () => {
      resync(rig.hub, socket, "c");
      rig.send({ data: data(2) });
    });
    expect(meanwhile).toEqual([]);
  });

  test("is not counted as a receiver", () => {
    const lagging = rig.joined("c");
    rig.joined("c");
    const before = rig.hub.counters.framesSent;
    missing(lagging, () => rig.send());
    expect(rig.hub.counters.framesSent - before).toBe(1);
  });

  test("that is alone causes no publishes, which would look like more lagging sockets", () => {
    for (const delta of ["fossil", null]) {
      const socket = rig.joined("c", { delta });
      missing(socket, () => {
        rig.network.publishCount = 0;
        for (const value of [1, 2]) rig.send({ data: data(value) });
        expect(rig.network.publishCount).toBe(0);
      });
      unsubscribe(rig.hub, socket, "c");
    }
  });
});

describe("changes while a socket lags", () => {
  test("a new subscription is answered at once and joins the topic later", () => {
    const socket = rig.connect();
    rig.send();
    const [meanwhile, frames] = missing(socket, () => {
      rig.subscribe(socket, "c", { delta: null });
      rig.send({ data: data(2) });
    });
    expect(meanwhile).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"c"}',
    ]);
    expect(frames).toEqual([whole(data(2))]);
  });

  test("a subscription that ends removes its part of the backlog", () => {
    const socket = rig.joined("c", { delta: null });
    rig.joined("c", { delta: null });
    const [, frames] = missing(socket, () => {
      rig.send();
      unsubscribe(rig.hub, socket, "c");
    });
    expect(frames).toEqual([]);
    expect(rig.hub.channels.get("c")?.backlog).toBeNull();
  });

  test("a subscription that moves to deltas keeps what it missed before", () => {
    const socket = rig.joined("c", { delta: null });
    const [meanwhile, frames] = missing(socket, () => {
      rig.send({ data: data(1) });
      enableDelta(rig.hub, socket, "fossil");
      rig.send({ data: data(1, "ETH") });
    });
    expect(meanwhile).toHaveLength(1);
    const state = emptyState().replace('"key"', '"symbol"');
    expect(frames).toEqual([whole(data(1)), whole(data(1, "ETH")), state]);
  });

  test("a socket that disconnects leaves nothing behind", () => {
    const [socket, other] = [rig.joined("c"), rig.joined("c")];
    beginLag(rig.hub, socket);
    rig.hub.disconnect(socket);
    unsubscribeAll(rig.hub, socket);
    expect(rig.hub.lags.size).toBe(0);
    const channel = rig.hub.channels.get("c");
    expect([channel?.backlog, channel?.socketCount]).toEqual([null, 1]);
    const [cohort] = channel?.cohorts.values() ?? [];
    expect([cohort?.laggingCount, cohort?.listenerCount]).toEqual([0, 1]);
    rig.send();
    expect(other.frames).toHaveLength(1);
  });

  test("a socket that missed something that was dropped is closed, with 4100 and the reason", () => {
    const [socket, other] = ["c", "c"].map((name) => rig.joined(name, { delta: null }));
    if (socket === undefined || other === undefined) throw new Error("no sockets");
    const large = "x".repeat(100_000);
    missing(socket, () => {
      for (let count = 0; count < 6; count++) rig.send({ data: large });
    });
    expect(socket.closedWith?.code).toBe(4100);
    expect(socket.closedWith?.message).toBe("Connection reads too slowly, its buffer is full");
    expect(rig.hub.counters.slowConsumers).toBe(1);
    expect(other.frames).toHaveLength(6);
    rig.send({ exceptSocketId: other.id });
    expect(socket.frames).toEqual([]);
  });
});
