import { describe, expect, test } from "bun:test";
import {
  DEFAULT_SELECTION_LIMITS,
  accepts,
  parseSelection,
  type Selection,
} from "../../../src/filter/selection.ts";
import { NO_TAGS } from "../../../src/filter/tags.ts";

function select(value: unknown): Selection {
  const result = parseSelection(value);
  if (result.kind !== "selection") throw new Error(result.message);
  return result;
}

const LEAF = { key: "a", cmp: "eq", val: "x" };
const X = new Map([["a", "x"]]);

describe("parseSelection()", () => {
  const whole: readonly unknown[] = [
    undefined,
    null,
    { events: [] },
    { events: null, tags: null, expression: null },
    { tags: { op: "or", nodes: [LEAF, { op: "not", nodes: [LEAF] }] } },
  ];
  for (const value of whole) {
    test(`takes ${JSON.stringify(value)} as the whole channel`, () => {
      expect(select(value)).toEqual({ kind: "selection", key: "" });
    });
  }

  test("gives the same key to a bare filter and to one under tags", () => {
    expect(select(LEAF).key).toBe(select({ tags: LEAF }).key);
  });

  test("gives the same key to the same set of events", () => {
    const key = select({ events: ["b", "a", "b"] }).key;
    expect(key).toBe(select({ events: ["a", "b"] }).key);
    expect(key).not.toBe(select({ events: ["a,b"] }).key);
    expect(key).not.toBe(select({ events: ["a", "b"], tags: LEAF }).key);
  });

  test("accepts an event list at its limits", () => {
    const limits = { ...DEFAULT_SELECTION_LIMITS, maxEventCount: 1, maxEventNameLength: 3 };
    expect(parseSelection({ events: ["abc"] }, limits).kind).toBe("selection");
    expect(parseSelection({ events: ["abcd"] }, limits).kind).toBe("error");
    expect(parseSelection({ events: ["a", "b"] }, limits).kind).toBe("error");
  });

  const refused: readonly (readonly [value: unknown, message: string])[] = [
    ["price", 'Cannot read "filter": it is "price", it must be an object with op or cmp'],
    [{ events: "price" }, 'Cannot read "filter.events": it is "price", it must be a list of names'],
    [
      { events: ["a", 5] },
      'Cannot read "filter.events[1]": it is the number 5, it must be an event name of 1 to 200 characters',
    ],
    [
      { events: [""] },
      'Cannot read "filter.events[0]": it is "", it must be an event name of 1 to 200 characters',
    ],
    [
      { events: Array.from({ length: 51 }, String) },
      'Cannot read "filter.events": it is a list of 51, it must be a list of at most 50 event names',
    ],
    [
      { tags: { key: "a" } },
      'Cannot read "filter.tags.cmp": it is missing, it must be one of eq, neq, in, nin, ex, nex, sw, ew, ct, gt, gte, lt, lte',
    ],
    [
      { events: ["a"], expression: "data.price > `5`" },
      'Cannot read "filter.expression": it is an expression, it must be absent: use events and tags',
    ],
    [
      { ...LEAF, events: ["a"] },
      'Cannot read "filter.key": it is "a", it must be inside tags when events or tags is given',
    ],
  ];
  for (const [value, message] of refused) {
    test(`refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
      expect(parseSelection(value)).toMatchObject({ kind: "error", message });
    });
  }
});

describe("accepts()", () => {
  test("accepts everything for the whole channel", () => {
    expect(accepts(select(undefined), "any", NO_TAGS)).toBe(true);
  });

  test("checks the event and the tags", () => {
    const both = select({ events: ["a", "b"], tags: LEAF });
    expect(accepts(both, "a", X)).toBe(true);
    expect(accepts(both, "b", NO_TAGS)).toBe(false);
    expect(accepts(both, "c", X)).toBe(false);
    expect(accepts(select({ events: ["a"] }), "a", NO_TAGS)).toBe(true);
    expect(accepts(select(LEAF), "z", X)).toBe(true);
  });
});
