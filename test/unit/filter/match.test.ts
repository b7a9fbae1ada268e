import { describe, expect, test } from "bun:test";
import { matches } from "../../../src/filter/match.ts";
import { parseFilter } from "../../../src/filter/parse.ts";
import { readTags } from "../../../src/filter/tags.ts";

function accepts(filter: unknown, tags: unknown): boolean {
  const parsed = parseFilter(filter);
  const read = readTags(tags);
  if (parsed.kind !== "filter" || read.kind !== "tags") throw new Error("refused");
  return matches(parsed, read.tags);
}

/** Each comparison, with the tags that pass and those that do not. `null` stands for a missing tag. */
const COMPARISONS: readonly (readonly [
  filter: { readonly cmp: string; readonly val?: unknown; readonly vals?: readonly unknown[] },
  pass: readonly (string | null)[],
  fail: readonly (string | null)[],
])[] = [
  [{ cmp: "eq", val: "goal" }, ["goal"], ["Goal", "goals", "", " goal", null]],
  [{ cmp: "neq", val: "goal" }, ["Goal", "", null], ["goal"]],
  [{ cmp: "in", vals: ["a", "b", ""] }, ["a", "b", ""], ["c", "A", null]],
  [{ cmp: "nin", vals: ["a", "b"] }, ["c", "", null], ["a", "b"]],
  [{ cmp: "ex" }, ["", "x"], [null]],
  [{ cmp: "nex" }, [null], ["", "x"]],
  [{ cmp: "sw", val: "GO" }, ["GO", "GOOG"], ["go", "AGO", "", null]],
  [{ cmp: "ew", val: "LE" }, ["LE", "GOOGLE"], ["LEX", "", null]],
  [{ cmp: "ct", val: "OO" }, ["OO", "GOOG"], ["O", "oo", "", null]],
  [
    { cmp: "gt", val: 5 },
    ["5.1", "1e1", "inf"],
    ["5", "05.0", "-6", "abc", "", " 6", "nan", "0x10", null],
  ],
  [{ cmp: "gte", val: "5" }, ["5", "5.0", "+5", "5."], ["4.99", "five", null]],
  [{ cmp: "lt", val: "5" }, ["4.99", "-1", ".5", "-inf"], ["5", "", " ", " 1", "1 ", null]],
  [{ cmp: "lte", val: "5" }, ["5", "0", "-0"], ["5.01", "5a", null]],
  [{ cmp: "gt", val: "-inf" }, ["0", "-1e308"], ["-inf", null]],
];

describe("matches()", () => {
  for (const [filter, pass, fail] of COMPARISONS) {
    const name = `${filter.cmp} ${JSON.stringify(filter.val ?? filter.vals ?? "")}`;
    test(`${name} passes exactly the listed tags, and its negation passes the rest`, () => {
      const leaf = { key: "t", ...filter };
      const negation = { op: "not", nodes: [leaf] };
      for (const value of [...pass, ...fail]) {
        const tags = value === null ? {} : { t: value };
        expect([value, accepts(leaf, tags)]).toEqual([value, pass.includes(value)]);
        expect([value, accepts(negation, tags)]).toEqual([value, fail.includes(value)]);
      }
    });
  }

  test("combines branches", () => {
    const dangerous = {
      op: "or",
      nodes: [
        { key: "type", cmp: "eq", val: "goal" },
        {
          op: "and",
          nodes: [
            { key: "type", cmp: "eq", val: "shot" },
            { key: "xG", cmp: "gte", val: 0.8 },
            { key: "outcome", cmp: "neq", val: "saved" },
          ],
        },
      ],
    };
    expect(accepts(dangerous, { type: "goal" })).toBe(true);
    expect(accepts(dangerous, { type: "shot", xG: 0.85 })).toBe(true);
    expect(accepts(dangerous, { type: "shot", xG: 0.85, outcome: "saved" })).toBe(false);
    expect(accepts(dangerous, { type: "shot", xG: 0.3 })).toBe(false);
    expect(accepts(dangerous, undefined)).toBe(false);
  });

  test("reads a number in the filter and in the tags as the same text", () => {
    expect(accepts({ key: "id", cmp: "eq", val: 5 }, { id: "5" })).toBe(true);
    expect(accepts({ key: "id", cmp: "eq", val: "5" }, { id: 5 })).toBe(true);
    expect(accepts({ key: "on", cmp: "eq", val: true }, { on: "true" })).toBe(true);
  });

  test("finds no tag that an object inherits", () => {
    for (const key of ["__proto__", "constructor", "toString", "size", "get"]) {
      expect(accepts({ key, cmp: "ex" }, {})).toBe(false);
      expect(accepts({ key, cmp: "eq", val: "1" }, JSON.parse(`{"${key}":"1"}`))).toBe(true);
    }
  });

  test("evaluates constant filters", () => {
    const never = { key: "a", cmp: "gt", val: "many" };
    expect(accepts(never, { a: "1" })).toBe(false);
    expect(accepts({ op: "not", nodes: [never] }, {})).toBe(true);
  });
});
