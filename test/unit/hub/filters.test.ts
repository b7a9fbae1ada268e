import { beforeEach, describe, expect, test } from "bun:test";
import type { Tags } from "../../../src/filter/tags.ts";
import { publishFromApi } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { type Dialect, V1, V2 } from "../../../src/protocol/dialect.ts";
import { PLAIN } from "../../doubles/app.ts";
import { data, DeltaRig, forms, marked, whole } from "./delta-rig.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig();
});

function tagged(...entries: [string, string][]): { readonly tags: Tags } {
  return { tags: new Map(entries) };
}

/** A filter with that many comparisons, none of which the index can look up. */
function comparisons(count: number): unknown {
  const nodes = Array.from({ length: count }, (_, at) => ({ key: "a", cmp: "sw", val: `${at}` }));
  return { op: "or", nodes };
}

describe("a filter", () => {
  test("excludes a cache channel's last event if it does not match", () => {
    rig = new DeltaRig({ deliverTags: true });
    const event = { event: "e", data: "x", channels: ["cache-a"], exceptSocketId: null, ...PLAIN };
    publishFromApi(rig.hub, { ...event, ...tagged(["ex", "LSE"]) });
    const cachedFor = (filter: unknown, dialect: Dialect): readonly string[] => {
      const socket = rig.connect(dialect);
      rig.subscribe(socket, "cache-a", { filter, dialect, delta: null });
      return socket.frames.slice(1);
    };
    const [frame, end] = ['{"event":"e","data":"x","channel":"cache-a"', "}"];
    expect(cachedFor({ key: "ex", cmp: "eq", val: "LSE" }, V1)).toEqual([frame + end]);
    expect(cachedFor({ key: "ex", cmp: "eq", val: "LSE" }, V2)).toEqual([
      `${frame},"tags":{"ex":"LSE"}${end}`,
    ]);
    expect(cachedFor({ key: "ex", cmp: "eq", val: "NYSE" }, V1)).toEqual([]);
    expect(cachedFor({ events: ["other"] }, V1)).toEqual([]);
  });

  test("by tags accepts what matches it", () => {
    const filter = { key: "ex", cmp: "eq", val: "NYSE" };
    const socket = rig.joined("c", { delta: null, filter });
    rig.send(tagged(["ex", "LSE"]));
    rig.send({ data: data(2), ...tagged(["ex", "NYSE"]) });
    rig.send();
    expect(socket.frames).toEqual([whole(data(2))]);
  });

  test("by events accepts the events with one of its names", () => {
    const socket = rig.joined("c", { delta: null, filter: { events: ["e"] } });
    for (const event of ["e", "f"]) rig.send({ event });
    expect(socket.frames).toEqual([whole(data(1))]);
  });

  test("by both requires both, even if the index has proven the tags", () => {
    const filter = { events: ["e"], tags: { key: "ex", cmp: "eq", val: "NYSE" } };
    const socket = rig.joined("c", { delta: null, filter });
    rig.send({ event: "f", ...tagged(["ex", "NYSE"]) });
    rig.send({ event: "e" });
    expect(socket.frames).toEqual([]);
    rig.send({ event: "e", ...tagged(["ex", "NYSE"]) });
    expect(socket.frames).toHaveLength(1);
  });

  test("that is invalid is refused, and there is no subscription", () => {
    const socket = rig.connect();
    const fault = rig.subscribe(socket, "c", { filter: { key: "a", cmp: "like", val: "b" } });
    expect(fault?.message).toContain("filter.cmp");
    expect([socket.subscriptions.size, rig.hub.channels.size]).toEqual([0, 0]);
  });

  test("is refused if it makes the connection's filters too large or too costly, until others are removed", () => {
    const socket = rig.connect();
    const values = Array.from({ length: 100 }, (_, value) => `value ${value}`);
    const large = { key: "a", cmp: "in", vals: values };
    const faults = ["a", "b", "c", "d"].map((channel) =>
      rig.subscribe(socket, channel, { filter: large }),
    );
    expect(faults.map((fault) => fault?.limit)).toEqual([
      undefined,
      undefined,
      "filter_memory",
      "filter_memory",
    ]);
    unsubscribe(rig.hub, socket, "a");
    expect(rig.subscribe(socket, "c", { filter: large })).toBeNull();
    const other = rig.connect();
    const costly = comparisons(60);
    expect(rig.subscribe(other, "a", { filter: costly })).toBeNull();
    expect(rig.subscribe(other, "b", { filter: costly })?.limit).toBe("filter_comparisons");
    for (const each of [socket, other]) unsubscribeAll(rig.hub, each);
    expect(rig.hub.filterUse.size).toBe(0);
  });

  test("is refused on a channel whose filters are costly together, unless it is simple", () => {
    for (const count of [70, 71]) rig.subscribe(rig.connect(), "c", { filter: comparisons(count) });
    const late = rig.connect();
    expect(rig.subscribe(late, "c", { filter: comparisons(20) })?.limit).toBe("filter_comparisons");
    expect(rig.subscribe(late, "c", { filter: comparisons(8) })).toBeNull();
    // A filter that other sockets have costs nothing more.
    expect(rig.subscribe(rig.connect(), "c", { filter: comparisons(70) })).toBeNull();
    expect(rig.subscribe(rig.connect(), "other", { filter: comparisons(20) })).toBeNull();
  });

  test("that is too large is refused as such, and counted", () => {
    const filter = { key: "a", cmp: "in", vals: Array.from({ length: 129 }, String) };
    expect(rig.subscribe(rig.connect(), "c", { filter })?.limit).toBe("filter_size");
  });

  test("is refused if filters are switched off; a filter that selects everything is not", () => {
    rig = new DeltaRig({ filtersEnabled: false });
    const fault = rig.subscribe(rig.connect(), "c", { filter: { events: ["e"] } });
    expect(fault?.message).toBe(
      "Cannot subscribe with a filter: this server has filters switched off",
    );
    expect(rig.subscribe(rig.connect(), "c", { filter: { events: [] } })).toBeNull();
  });

  test("in another spelling shares the cohort", () => {
    const eq = { key: "a", cmp: "eq", val: "1" };
    rig.joined("c", { filter: eq });
    rig.joined("c", { filter: { op: "and", nodes: [eq, eq] } });
    rig.joined("c", { filter: { tags: { key: "a", cmp: "in", vals: ["1"] } } });
    expect(rig.hub.channels.get("c")?.cohorts.size).toBe(1);
  });

  test("does not hold back the server's own messages", () => {
    rig = new DeltaRig();
    const socket = rig.joined("private-d", { delta: null, filter: { events: ["none"] } });
    const { hub } = rig;
    expect(hub.channels.get("private-d")?.socketCount).toBe(1);
    rig.send({ channels: ["private-d"] });
    expect(socket.frames).toEqual([]);
  });

  test("has chains of its own: a delta builds on what its cohort got", () => {
    const odd = rig.joined("c", { filter: { key: "odd", cmp: "ex" } });
    const all = rig.joined("c");
    for (let value = 0; value < 4; value++)
      rig.send({ data: data(value), ...(value % 2 === 1 ? tagged(["odd", ""]) : {}) });
    expect(odd.frames[0]).toBe(marked(data(1), 1));
    expect(odd.frames[1]).toContain('"seq":3,"algorithm":"fossil","base_index":1}}');
    expect(forms(all.frames)).toBe("Wddd");
  });
});

describe("a thousand filters on one channel", () => {
  const COUNT = 1000;

  /** Tags that count how often they are read. */
  function counting(entries: readonly [string, string][]): { tags: Tags; asked: () => number } {
    const map = new Map(entries);
    let asked = 0;
    const tags = {
      size: map.size,
      keys: () => map.keys(),
      values: () => map.values(),
      entries: () => map.entries(),
      forEach: () => {},
      has: (key: string) => map.has(key),
      get(key: string) {
        asked++;
        return map.get(key);
      },
      [Symbol.iterator]: () => map[Symbol.iterator](),
    };
    return { tags, asked: () => asked };
  }

  test("cost a publish in proportion to those that match, not to all", () => {
    const sockets = Array.from({ length: COUNT }, (_, index) =>
      rig.joined("c", { filter: { key: "symbol", cmp: "eq", val: `S${index}` } }),
    );
    expect(rig.hub.channels.get("c")?.cohorts.size).toBe(COUNT);
    const { tags, asked } = counting([["symbol", "S7"]]);
    rig.network.publishCount = 0;
    rig.send({ tags });
    expect(rig.network.publishCount).toBe(1);
    expect(asked()).toBeLessThan(5);
    const reached = sockets.filter(({ frames }) => frames.length > 0);
    expect(reached).toEqual(sockets.slice(7, 8));
  });

  test("share one delta among those that match", () => {
    const sockets = Array.from({ length: COUNT }, (_, index) =>
      rig.joined("c", { filter: { key: "symbol", cmp: "in", vals: ["all", `S${index}`] } }),
    );
    for (let value = 0; value < 2; value++)
      rig.send({ data: data(value), ...tagged(["symbol", "all"]) });
    expect(new Set(sockets.map(({ frames }) => frames[1])).size).toBe(1);
    expect(forms(sockets[0]?.frames ?? [])).toBe("Wd");
  });

  test("leave the index with their sockets", () => {
    const sockets = Array.from({ length: 20 }, (_, index) =>
      rig.joined("c", { delta: null, filter: { key: "symbol", cmp: "eq", val: `S${index % 4}` } }),
    );
    for (const socket of sockets.slice(1)) unsubscribe(rig.hub, socket, "c");
    rig.network.publishCount = 0;
    for (const val of ["S0", "S1"]) rig.send({ ...PLAIN, ...tagged(["symbol", val]) });
    expect(rig.network.publishCount).toBe(1);
    expect(sockets[0]?.frames).toHaveLength(1);
  });
});
