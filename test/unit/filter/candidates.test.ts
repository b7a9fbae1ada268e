import { describe, expect, test } from "bun:test";
import { Candidates } from "../../../src/filter/candidates.ts";
import { EVERYTHING, type Filter } from "../../../src/filter/filter.ts";
import { parseFilter } from "../../../src/filter/parse.ts";

function filter(value: unknown): Filter {
  const result = parseFilter(value);
  if (result.kind !== "filter") throw new Error(result.message);
  return result;
}

/** The visited cohorts: a proven one by its name, any other with a question mark. */
function visited(index: Candidates<string>, tags: Readonly<Record<string, string>>): string[] {
  const names: string[] = [];
  index.forEachCandidate(new Map(Object.entries(tags)), (cohort, proven) => {
    names.push(proven ? cohort : `${cohort}?`);
  });
  return names.toSorted();
}

const eq = (key: string, val: string): unknown => ({ key, cmp: "eq", val });
const and = (...nodes: unknown[]): unknown => ({ op: "and", nodes });
const or = (...nodes: unknown[]): unknown => ({ op: "or", nodes });

describe("forEachCandidate()", () => {
  test("visits by value, as proven if nothing is left to compare", () => {
    const index = new Candidates<string>();
    index.add(filter(eq("symbol", "X")), "x");
    index.add(filter(eq("symbol", "Y")), "y");
    index.add(filter({ key: "symbol", cmp: "in", vals: ["X", "Z"] }), "xz");
    index.add(filter(and(eq("symbol", "X"), { key: "price", cmp: "gt", val: 5 })), "x5");
    expect(visited(index, { symbol: "X" })).toEqual(["x", "x5?", "xz"]);
    expect(visited(index, { symbol: "Z", price: "9" })).toEqual(["xz"]);
    expect(visited(index, { price: "9" })).toEqual([]);
    expect(visited(index, {})).toEqual([]);
  });

  test("always visits filters that name no values, and never those that cannot match", () => {
    const index = new Candidates<string>();
    index.add(filter({ key: "a", cmp: "nex" }), "absent");
    index.add(filter({ key: "a", cmp: "neq", val: "1" }), "unequal");
    index.add(filter(or(eq("a", "1"), { key: "b", cmp: "ex" })), "or");
    index.add(EVERYTHING, "all");
    index.add(filter({ key: "a", cmp: "gt", val: "many" }), "never");
    expect(visited(index, { z: "1" })).toEqual(["absent?", "all", "or?", "unequal?"]);
    expect(index.cohortCount).toBe(5);
  });

  test("visits a filter once that is filed under several tags of the message", () => {
    const index = new Candidates<string>();
    index.add(filter(or(eq("a", "1"), eq("b", "1"), eq("c", "1"))), "any");
    expect(visited(index, { a: "1", b: "1", c: "1" })).toEqual(["any"]);
    expect(visited(index, { a: "2", b: "1", c: "1", d: "1" })).toEqual(["any"]);
    expect(visited(index, { c: "1" })).toEqual(["any"]);
    expect(visited(index, { a: "2", d: "1", e: "1", f: "1" })).toEqual([]);
  });

  test("may be called during a visit", () => {
    const index = new Candidates<string>();
    index.add(filter(or(eq("a", "1"), eq("b", "1"))), "first");
    index.add(filter(or(eq("b", "1"), eq("a", "1"), eq("c", "1"))), "second");
    const tags = new Map([
      ["a", "1"],
      ["b", "1"],
    ]);
    const names: string[] = [];
    index.forEachCandidate(tags, (outer) => {
      index.forEachCandidate(tags, (inner) => names.push(`${outer} ${inner}`));
    });
    expect(names.toSorted()).toEqual([
      "first first",
      "first second",
      "second first",
      "second second",
    ]);
  });

  test("goes on when a visited cohort is removed", () => {
    const index = new Candidates<number>();
    for (let cohort = 0; cohort < 20; cohort++) index.add(filter(eq("a", "1")), cohort);
    const seen: number[] = [];
    index.forEachCandidate(new Map([["a", "1"]]), (cohort) => {
      seen.push(cohort);
      index.remove(cohort);
    });
    expect(seen).toHaveLength(20);
    expect(index.cohortCount).toBe(0);
  });

  test("visits only one of a thousand equalities", () => {
    const index = new Candidates<string>();
    for (let at = 0; at < 1000; at++) index.add(filter(eq("symbol", `S${at}`)), `c${at}`);
    expect(visited(index, { symbol: "S700" })).toEqual(["c700"]);
  });

  // One tag sorts before "kind" and one after it, so that no order passes both by luck.
  for (const tag of ["asset", "symbol"]) {
    test(`files under ${tag} when a thousand filters share the kind`, () => {
      const index = new Candidates<string>();
      for (let at = 0; at < 1000; at++) {
        index.add(filter(and(eq("kind", "trade"), eq(tag, `S${at}`))), `c${at}`);
      }
      // The first filter may be filed under the kind, because all lists were empty then.
      const names = visited(index, { kind: "trade", [tag]: "S700" });
      expect(names).toContain("c700?");
      expect(names.length).toBeLessThanOrEqual(2);
    });
  }

  test("does not file a filter under more than 128 values", () => {
    const lists = Array.from({ length: 5 }, (_, list) => ({
      key: `t${list}`,
      cmp: "in",
      vals: Array.from({ length: 32 }, (_unused, at) => at),
    }));
    const index = new Candidates<string>();
    index.add(filter(or(...lists)), "wide");
    index.add(filter(or(...lists.slice(1))), "narrow");
    expect(visited(index, {})).toEqual(["wide?"]);
    expect(visited(index, { t4: "31" })).toEqual(["narrow", "wide?"]);
  });
});

describe("add() and remove()", () => {
  test("replace the filter of a cohort that is added again", () => {
    const index = new Candidates<string>();
    index.add(filter(eq("a", "1")), "c");
    index.add(filter(eq("a", "2")), "c");
    expect(visited(index, { a: "1" })).toEqual([]);
    expect(visited(index, { a: "2" })).toEqual(["c"]);
    expect(index.cohortCount).toBe(1);
  });

  test("return whether the cohort was present", () => {
    const index = new Candidates<string>();
    index.add(filter(or(eq("a", "1"), eq("b", "1"))), "c");
    index.add(EVERYTHING, "all");
    expect(index.remove("c")).toBe(true);
    expect(index.remove("c")).toBe(false);
    expect(index.remove("all")).toBe(true);
    expect(visited(index, { a: "1", b: "1" })).toEqual([]);
  });
});
