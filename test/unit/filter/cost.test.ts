import { describe, expect, test } from "bun:test";
import { costOf } from "../../../src/filter/cost.ts";
import { parseSelection } from "../../../src/filter/selection.ts";

function cost(value: unknown): ReturnType<typeof costOf> {
  const selection = parseSelection(value);
  if (selection.kind === "error") throw new Error(selection.message);
  return costOf(selection);
}

const starts = (val: string): unknown => ({ key: "k", cmp: "sw", val });

describe("costOf()", () => {
  test("is zero for the whole channel", () => {
    expect(cost(undefined)).toEqual({ bytes: 0, comparisons: 0 });
  });

  test("counts no comparison for a filter that is found by a look-up", () => {
    expect(cost({ key: "k", cmp: "eq", val: "a" }).comparisons).toBe(0);
    expect(cost({ key: "k", cmp: "in", vals: ["a", "b"] }).comparisons).toBe(0);
    expect(cost({ events: ["e"] }).comparisons).toBe(0);
    expect(cost({ key: "k", cmp: "nin", vals: ["a", "b"] }).comparisons).toBe(1);
  });

  test("counts each comparison of other filters", () => {
    expect(cost({ op: "and", nodes: [starts("a"), starts("b")] }).comparisons).toBe(2);
  });

  test("grows with the number and the length of the values", () => {
    const list = (count: number, length: number): number => {
      const vals = Array.from({ length: count }, (_, at) => String(at).padEnd(length, "x"));
      return cost({ key: "k", cmp: "in", vals }).bytes;
    };
    expect(list(100, 10)).toBeGreaterThan(100 * 320);
    expect(list(100, 100) - list(100, 10)).toBe(100 * 90 * 2);
  });
});
