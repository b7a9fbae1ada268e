// How sockets become synced with the chains, and unsynced again: new subscribers, lost bases,
// excluded sockets.
import { tickApp } from "../../../src/hub/hub.ts";
import { beforeEach, describe, expect, test } from "bun:test";
import { resync } from "../../../src/hub/delta/requests.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import {
  data,
  DeltaRig,
  emptyState,
  forms,
  isDelta,
  KEYED,
  marked,
  readDelta,
  stateOf,
  whole,
} from "./delta-rig.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig();
});

describe("a new subscriber", () => {
  test("is sent the state right after the replies, and gets the next delta", () => {
    const first = rig.joined("c");
    rig.send();
    const socket = rig.connect();
    rig.subscribe(socket, "c");
    expect(socket.frames).toEqual([
      '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"c"}',
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":true,"algorithm":"fossil","channel":"c"},"channel":"c"}',
      stateOf(data(1), 0),
    ]);
    rig.send({ data: data(2) });
    expect(isDelta(socket.frames[3])).toBe(true);
    expect(socket.frames[3]).toBe(first.frames[1]);
  });

  test("is sent even an empty state: it may have kept bases whose numbers occur again", () => {
    const socket = rig.connect();
    rig.subscribe(socket, "c");
    expect(socket.frames.at(-1)).toBe(emptyState());
    rig.send();
    expect(socket.frames.at(-1)).toBe(marked(data(1), 0));
  });

  test("gets a new state after each change of a base, with all keys", () => {
    rig = new DeltaRig({}, [KEYED]);
    rig.joined("c");
    const states: string[] = [];
    for (const key of ["a", "b", "a"]) {
      rig.send({ data: data(states.length, key) });
      const socket = rig.connect();
      rig.subscribe(socket, "c");
      states.push(socket.frames.at(-1) ?? "");
    }
    const bases = states.map((state) =>
      Object.entries<{ seq: number }[]>(JSON.parse(state).data.states).map(
        ([key, [base]]) => `${key}${base?.seq}`,
      ),
    );
    expect(bases).toEqual([["a0"], ["a0", "b1"], ["b1", "a2"]]);
  });

  test("whose state would be too large gets whole messages until each chain has restarted", () => {
    rig = new DeltaRig({ maxSyncBytes: 400 }, [KEYED]);
    const member = rig.joined("c");
    rig.send();
    rig.send({ data: data(1, "ETH") });
    const socket = rig.connect();
    rig.subscribe(socket, "c");
    expect(socket.frames.splice(0).at(-1)).toBe(emptyState().replace('"key"', '"symbol"'));

    rig.send({ data: data(2) });
    tickApp(rig.hub);
    // The other key's base is still older than the new subscriber.
    rig.send({ data: data(3) });
    rig.send({ data: data(2, "ETH") });
    expect(socket.frames.splice(0)).toEqual([
      marked(data(2), 2, "BTC"),
      marked(data(3), 3, "BTC"),
      marked(data(2, "ETH"), 4, "ETH"),
    ]);
    tickApp(rig.hub);
    expect(rig.hub.unsyncedCohorts.size).toBe(0);
    rig.send({ data: data(4) });
    expect(isDelta(socket.frames[0])).toBe(true);
    expect(socket.frames[0]).toBe(member.frames.at(-1));
  });

  test("is not sent a state that only quoting makes too large", () => {
    const text = '"'.repeat(100);
    rig = new DeltaRig({ maxSyncBytes: Buffer.byteLength(whole(text)) + 150 });
    rig.joined("c");
    rig.send({ data: text });
    const socket = rig.connect();
    rig.subscribe(socket, "c");
    expect(socket.frames.at(-1)).toBe(emptyState());
    expect(rig.hub.unsyncedCohorts.size).toBe(1);
  });
});

describe("a client that has lost a base", () => {
  test("is sent the state, and gets deltas again like the others", () => {
    const [lost, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    lost.frames.length = 0;
    resync(rig.hub, lost, "c");
    rig.send({ data: data(2) });
    expect(lost.frames[0]).toBe(stateOf(data(1), 0));
    expect(lost.frames[1]).toBe(other.frames[1]);
    expect(forms(other.frames)).toBe("Wd");
  });

  test("gets whole messages alone if the state is too large, until all chains have restarted", () => {
    rig = new DeltaRig({ maxSyncBytes: 10 });
    const lost = rig.joined("c");
    const [first, second] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    lost.frames.length = 0;
    resync(rig.hub, lost, "c");
    rig.send({ data: data(2) });
    expect(lost.frames.splice(0)).toEqual([emptyState(), marked(data(2), 1)]);
    tickApp(rig.hub);
    rig.send({ data: data(3) });
    expect(lost.frames[0]).toBe(first.frames[2]);
    expect(first.frames).toEqual(second.frames);
    expect(forms(first.frames)).toBe("Wdd");
  });

  test("gets no reply if it is already unsynced or not subscribed", () => {
    const socket = rig.joined("c", { delta: false });
    resync(rig.hub, socket, "c");
    resync(rig.hub, socket, "other");
    expect(socket.frames).toEqual([]);
    expect(rig.hub.unsyncedCohorts.size).toBe(0);
  });

  test("leaves nothing behind if it goes before it is synced", () => {
    rig = new DeltaRig({ maxSyncBytes: 10 });
    const socket = rig.joined("c");
    resync(rig.hub, socket, "c");
    unsubscribe(rig.hub, socket, "c");
    expect([rig.hub.unsyncedCohorts.size, rig.hub.channels.size]).toEqual([0, 0]);
    rig.subscribe(socket, "c");
    resync(rig.hub, socket, "c");
    rig.hub.disconnect(socket);
    unsubscribeAll(rig.hub, socket);
    expect([rig.hub.unsyncedCohorts.size, rig.hub.channels.size]).toEqual([0, 0]);
  });
});

describe("a chain", () => {
  test("that was not used for long is removed, and restarts with a whole message", () => {
    rig = new DeltaRig({ maxStateAgeMs: 1000 });
    const socket = rig.joined("c");
    rig.send();
    for (const [value, nowMs] of [1000, 2001].entries()) {
      rig.parts.clock.nowMs = nowMs;
      tickApp(rig.hub);
      rig.send({ data: data(value + 2) });
    }
    expect(forms(socket.frames)).toBe("WdW");
    expect(socket.frames[2]).toBe(marked(data(3), 2));
  });

  test("of the least recently used key is removed when there are too many keys", () => {
    rig = new DeltaRig({}, [{ ...KEYED, maxKeys: 2 }]);
    const socket = rig.joined("c");
    for (const key of ["a", "b", "a", "x", "a", "b"]) rig.send({ data: data(1, key) });
    expect(forms(socket.frames)).toBe("WWdWdW");
  });
});

describe("an excluded socket", () => {
  test("leaves the base unchanged: the next delta is made against what all sockets hold", () => {
    const [out, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    rig.send({ data: data(2), exceptSocketId: out.id });
    rig.send({ data: data(3) });
    expect(out.frames).toHaveLength(2);
    expect(readDelta(other.frames[1]).data.seq).toBe(1);
    expect(readDelta(out.frames[1]).data.base_index).toBe(0);
    expect(out.frames[1]).toBe(other.frames[2]);
  });

  test("after 25 frames without it makes the others get a whole message, and is then synced alone", () => {
    rig = new DeltaRig({ fullMessageInterval: 100 });
    const [out, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    for (let value = 0; value < 26; value++)
      rig.send({ data: data(value), exceptSocketId: out.id });
    expect(forms(other.frames)).toBe(`W${"d".repeat(25)}W`);
    expect(other.frames[26]).toBe(marked(data(25), 26));
    expect(out.frames.slice(1)).toEqual([stateOf(data(25), 26)]);
    rig.send({ data: data(99) });
    expect(isDelta(out.frames[2])).toBe(true);
    expect(out.frames[2]).toBe(other.frames[27]);
  });

  test("of a chain's first message is synced alone", () => {
    const [out, other] = [rig.joined("c"), rig.joined("c")];
    rig.send({ exceptSocketId: out.id });
    expect(other.frames).toEqual([marked(data(1), 0)]);
    expect(out.frames).toEqual([stateOf(data(1), 0)]);
    rig.send({ data: data(2) });
    expect(isDelta(out.frames[1])).toBe(true);
  });

  test("makes a whole message unmarked if that is not to become the base", () => {
    const [out, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    rig.send({ data: "short", exceptSocketId: out.id });
    expect(out.frames).toHaveLength(1);
    expect(other.frames[1]).toBe(whole("short"));
  });

  test("has no effect on a cohort that it is not in", () => {
    const [out, other] = [rig.joined("c", { delta: false }), rig.joined("c")];
    rig.send();
    rig.send({ data: data(2), exceptSocketId: out.id });
    rig.send({ data: data(3) });
    expect(readDelta(other.frames[2]).data.base_index).toBe(1);
  });

  test("that is unsynced is left out as well", () => {
    rig = new DeltaRig({ maxSyncBytes: 10 });
    const [out, other] = [rig.joined("c"), rig.joined("c")];
    rig.send();
    for (const socket of [out, other]) {
      resync(rig.hub, socket, "c");
      socket.frames.length = 0;
    }
    rig.send({ data: data(2), exceptSocketId: out.id });
    expect(out.frames).toEqual([]);
    expect(other.frames).toEqual([marked(data(2), 1)]);
  });
});
