import { beforeEach, describe, expect, test } from "bun:test";
import { applyDelta } from "fossil-delta";
import type { DeltaEncoder } from "../../../src/delta/encoder.ts";
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";
import { enableDelta } from "../../../src/hub/delta/requests.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { publish } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { type Dialect, V2 } from "../../../src/protocol/dialect.ts";
import { PLAIN, testApp } from "../../doubles/app.ts";
import { hubContext, subscribe, TEST_DELTA } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";
import { data, DeltaRig, forms, isDelta, KEYED, marked, readDelta, whole } from "./delta-rig.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig();
});

describe("frames of a cohort with deltas", () => {
  test("whole messages end with both markers, even if the key is empty", () => {
    const socket = rig.joined("c");
    rig.send();
    expect(socket.frames).toEqual([marked(data(1), 0)]);
  });

  test("the marker holds the key of a keyed channel", () => {
    rig = new DeltaRig({}, [KEYED]);
    const socket = rig.joined("c");
    rig.send();
    rig.send({ data: "not JSON" });
    expect(socket.frames).toEqual([marked(data(1), 0, "BTC"), marked("not JSON", 1)]);
  });

  test.each(['a"b', "a\\b", "ö", "x".repeat(65)])("the key %j is hashed", (key) => {
    rig = new DeltaRig({}, [KEYED]);
    const socket = rig.joined("c");
    rig.send({ data: data(1, key) });
    expect(socket.frames[0]).toMatch(/,"__conflation_key":"#[0-9a-f]{32}"\}$/);
  });

  test("a delta has its members in Sockudo's order, and yields the whole text", () => {
    const socket = rig.joined("c");
    rig.send();
    rig.send({ data: data(2) });
    const frame = socket.frames[1] ?? "";
    const { delta } = readDelta(frame).data;
    expect(frame).toBe(
      `{"event":"pusher:delta","channel":"c","data":{"event":"e","delta":"${delta}","seq":1,"algorithm":"fossil","base_index":0}}`,
    );
    const base = new TextEncoder().encode(whole(data(1)));
    const next = applyDelta(base, new Uint8Array(Buffer.from(delta, "base64")));
    expect(new TextDecoder().decode(next)).toBe(whole(data(2)));
  });

  test("the second dialect has its own prefix", () => {
    const socket = rig.joined("c", { dialect: V2 });
    rig.send();
    rig.send({ data: data(2) });
    expect(socket.frames[1]).toStartWith('{"event":"sockudo:delta","channel":"c","data":{');
  });

  describe("if the server is configured to omit the algorithm, delta frames", () => {
    const UNNAMED = '"seq":1,"base_index":0}}';
    const NAMED = '"seq":1,"algorithm":"fossil","base_index":0}}';

    beforeEach(() => {
      rig = new DeltaRig({ omitAlgorithm: true });
    });

    function secondFrameOf(socket: TestSocket): string | undefined {
      socket.frames.length = 0;
      rig.send();
      rig.send({ data: data(2) });
      return socket.frames[1];
    }

    test("omit it for Fossil, even if other cohorts use another algorithm", () => {
      const socket = rig.joined("c");
      const other = rig.joined("c", { delta: "xdelta3" });
      expect(secondFrameOf(socket)).toContain(UNNAMED);
      expect(other.frames[1]).toContain('"algorithm":"xdelta3"');
    });

    test.each(["before", "after"])("name it for a client that was told another %s that", (when) => {
      const socket = rig.connect();
      if (when === "before") rig.subscribe(socket, "other", { delta: "xdelta3" });
      rig.subscribe(socket, "c");
      if (when === "after") enableDelta(rig.hub, socket, "xdelta3");
      expect(secondFrameOf(socket)).toContain(NAMED);
      unsubscribe(rig.hub, socket, "c");
      expect(secondFrameOf(rig.joined("c"))).toContain(UNNAMED);
    });

    test("name it for a client that gets deltas by its connection's setting", () => {
      const socket = rig.connect();
      rig.subscribe(socket, "c", { delta: null });
      rig.subscribe(socket, "other", { delta: "xdelta3" });
      enableDelta(rig.hub, socket, "fossil");
      expect(secondFrameOf(socket)).toContain(NAMED);
      unsubscribeAll(rig.hub, socket);
      rig.hub.disconnect(socket);
      expect(rig.hub.toldXdelta3.size).toBe(0);
    });
  });

  test("sequence numbers belong to the channel: all cohorts and keys share them", () => {
    rig = new DeltaRig({}, [KEYED]);
    const fossil = rig.joined("c");
    const xdelta3 = rig.joined("c", { delta: "xdelta3" });
    rig.send();
    rig.send({ data: data(1, "ETH") });
    rig.send({ data: data(2) });
    for (const { frames } of [fossil, xdelta3]) {
      expect(frames.slice(0, 2)).toEqual([
        marked(data(1), 0, "BTC"),
        marked(data(1, "ETH"), 1, "ETH"),
      ]);
      const { seq, base_index: base, conflation_key: key } = readDelta(frames[2]).data;
      expect([seq, base, key]).toEqual([2, 0, "BTC"]);
    }
  });

  test("a message is sent whole if its delta would not be shorter", () => {
    const socket = rig.joined("c");
    rig.send();
    rig.send({ data: "short" });
    expect(socket.frames[1]).toBe(marked("short", 1));
  });

  test("after a number of deltas in a row a whole message follows", () => {
    rig = new DeltaRig({ fullMessageInterval: 3 });
    const socket = rig.joined("c");
    for (let value = 0; value < 9; value++) rig.send({ data: data(value) });
    expect(forms(socket.frames)).toBe("WdddWdddW");
  });

  test.each([
    ["the publisher says no", { compressible: false }],
    ["it is shorter than the minimum", { data: "x" }],
    ["its event has the name of a protocol's", { event: "pusher:thing" }],
    ["its event has the name of the other dialect's", { event: "sockudo_internal:thing" }],
    ["its data is empty, which clients take for none in a delta", { data: "" }],
  ])("a message has no markers and does not become a base if %s", (_reason, given) => {
    rig = new DeltaRig({ minMessageBytes: 60 });
    const socket = rig.joined("c");
    rig.send(given);
    rig.send();
    const { data: text = data(1), event } = { data: undefined, event: undefined, ...given };
    expect(socket.frames).toEqual([whole(text, "c", event), marked(data(1), 0)]);
  });

  test("the minimum size is in bytes", () => {
    const text = "ö".repeat(20);
    rig = new DeltaRig({ minMessageBytes: Buffer.byteLength(whole(text)) });
    const socket = rig.joined("c");
    rig.send({ data: text });
    expect(socket.frames).toEqual([marked(text, 0)]);
  });

  test("encrypted channels are never compressed", () => {
    const channel = "private-encrypted-c";
    const socket = rig.connect();
    enableDelta(rig.hub, socket, "fossil");
    rig.subscribe(socket, channel);
    expect(socket.frames.at(-1)).toBe(
      `{"event":"pusher:delta_compression_enabled","data":{"enabled":false,"channel":"${channel}"},"channel":"${channel}"}`,
    );
    for (const value of [1, 2]) rig.send({ channels: [channel], data: data(value) });
    expect(socket.frames.slice(-2)).toEqual([whole(data(1), channel), whole(data(2), channel)]);
  });
});

describe("tags", () => {
  const tags = new Map([["a", "1"]]);
  const tagged = { ...KEYED, conflationKey: null, deliverTags: true };

  test.each(["fossil", null])("are sent only in the second dialect (delta: %p)", (delta) => {
    rig = new DeltaRig({}, [tagged]);
    const second = rig.joined("c", { delta, dialect: V2 });
    rig.send({ tags });
    expect(second.frames[0]).toContain('"channel":"c","tags":{"a":"1"}');
    const first = rig.joined("c", { delta });
    rig.send({ tags, data: "new" });
    expect(first.frames[0]).not.toContain("tags");
  });

  test("are left out if the settings say so", () => {
    const socket = rig.joined("c", { delta: null, dialect: V2 });
    rig.send({ tags });
    expect(socket.frames).toEqual([whole(data(1))]);
  });

  test("with a name that clients take for a marker make a message unmarked", () => {
    rig = new DeltaRig({}, [tagged]);
    const socket = rig.joined("c", { dialect: V2 });
    rig.send({ tags: new Map([["__conflation_key", "x"]]) });
    expect(socket.frames[0]).toEndWith('"channel":"c","tags":{"__conflation_key":"x"}}');
  });
});

describe("the compact format", () => {
  const compact = { algorithm: "fossil", format: "compact" };

  test("sends the channel's number, and a delta as type, number, seq, distance and delta", () => {
    const socket = rig.connect();
    rig.subscribe(socket, "c", { delta: compact });
    const number = rig.hub.channels.get("c")?.number ?? -1;
    expect(socket.frames[2]).toBe(
      `{"event":"pusher_internal:compact_channel","data":"{\\"number\\":${number}}","channel":"c"}`,
    );
    rig.send();
    expect(socket.frames[4]).toBe(marked(data(1), 0));
    rig.send({ data: data(2) });
    const [frame = new Uint8Array()] = socket.binary;
    expect([...frame.subarray(0, 4)]).toEqual([1, number, 1, 1]);
    const base = new TextEncoder().encode(whole(data(1)));
    expect(new TextDecoder().decode(applyDelta(base, frame.subarray(4)))).toBe(whole(data(2)));
  });

  test("is always shorter than the whole message", () => {
    const socket = rig.joined("c", { delta: compact });
    for (let value = 0; value < 60; value++) {
      const text = Bun.hash(String(value))
        .toString(36)
        .slice(0, value % 14);
      const before = socket.binary.length;
      rig.send({ data: text });
      const [frame] = socket.binary.slice(before);
      if (frame !== undefined) expect(frame.length).toBeLessThan(whole(text).length);
    }
    expect([socket.binary.length > 9, socket.frames.length > 9]).toEqual([true, true]);
  });
});

describe("the work of a publish", () => {
  interface Counting extends DeltaEncoder {
    calls: number;
  }

  function counting(encoder: DeltaEncoder): Counting {
    return {
      calls: 0,
      encode(base, next, limitBytes) {
        this.calls++;
        return encoder.encode(base, next, limitBytes);
      },
    };
  }

  /**
   * Sockets on one channel of a hub whose encoders count their calls, each socket with its own dialect, format or
   * filter.
   */
  function countingHub(
    members: readonly { dialect?: Dialect; compact?: boolean; filter?: unknown }[],
  ) {
    const fossil = counting(new FossilEncoder());
    const xdelta3 = counting(new VcdiffEncoder());
    const network = new TestNetwork();
    const context = { options: TEST_DELTA, encoders: { fossil, xdelta3 } };
    const hub = new Hub(hubContext(network, { delta: context })).of(testApp());
    const sockets = members.map(({ dialect, compact = false, filter }, index) => {
      const socket = new TestSocket(network, `1.${index}`, dialect);
      const delta = { enabled: true, algorithm: "fossil", compact, decodes: true } as const;
      const command = { kind: "subscribe", channel: "c", auth: null, channelData: null } as const;
      subscribe(hub, socket, { ...command, delta, filter });
      return socket;
    });
    const message = { event: "e", channels: ["c"], exceptSocketId: null, ...PLAIN };
    publish(hub, { ...message, data: data(1) });
    network.publishCount = 0;
    publish(hub, { ...message, data: data(2) });
    return { fossil, xdelta3, network, sockets };
  }

  test("cohorts with the same base share the delta: one encoding, one frame for all of them", () => {
    const filters = [{ events: ["e"] }, { events: ["e", "f"] }, undefined];
    const { fossil, xdelta3, network, sockets } = countingHub(
      filters.map((filter) => ({ filter })),
    );
    expect([fossil.calls, xdelta3.calls, network.publishCount]).toEqual([1, 0, 3]);
    const last = new Set(sockets.map(({ frames }) => frames.at(-1)));
    expect([last.size, isDelta([...last][0])]).toEqual([1, true]);
  });

  test("cohorts whose frames differ in form share the encoding", () => {
    const { fossil, network, sockets } = countingHub([{}, { dialect: V2 }, { compact: true }]);
    expect([fossil.calls, network.publishCount]).toEqual([1, 3]);
    const [first, second, compact] = sockets;
    const { delta } = readDelta(first?.frames.at(-1)).data;
    expect(readDelta(second?.frames.at(-1)).data.delta).toBe(delta);
    expect(Buffer.from(compact?.binary[0] ?? []).toString("latin1")).toEndWith(atob(delta));
  });

  test("a large cohort is one publish", () => {
    const sockets = Array.from({ length: 50 }, () => rig.joined("c"));
    rig.send();
    rig.network.publishCount = 0;
    rig.send({ data: data(2) });
    expect(rig.network.publishCount).toBe(1);
    expect(new Set(sockets.map(({ frames }) => frames.at(-1))).size).toBe(1);
  });
});
