// Filters against a model that evaluates the JSON as written: no canonical form, no index, and
// numbers by a regular expression. Keys and values come from small alphabets, so that random
// filters often match random tags, and different filters often share a canonical key.

import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Candidates } from "../../src/filter/candidates.ts";
import type { Filter } from "../../src/filter/filter.ts";
import { matches } from "../../src/filter/match.ts";
import { readNumber } from "../../src/filter/number.ts";
import { parseFilter } from "../../src/filter/parse.ts";
import { accepts, parseSelection } from "../../src/filter/selection.ts";
import { readTags, type Tags } from "../../src/filter/tags.ts";

type Json =
  | { readonly op: "and" | "or" | "not"; readonly nodes: readonly Json[] }
  | { readonly key: string; readonly cmp: string; readonly val?: string; readonly vals?: string[] };

// ---- the model ------------------------------------------------------------------------------

const NUMBER = /^[+-]?(?:inf|infinity|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;

function modelNumber(text: string): number {
  return NUMBER.test(text) ? Number(text.replace(/inf(?:inity)?/i, "Infinity")) : NaN;
}

function model(json: Json, tags: Tags): boolean {
  if ("op" in json) {
    if (json.op === "not") return !json.nodes.every((node) => model(node, tags));
    return json.op === "and"
      ? json.nodes.every((node) => model(node, tags))
      : json.nodes.some((node) => model(node, tags));
  }
  const value = tags.get(json.key);
  if (value === undefined) return ["neq", "nin", "nex"].includes(json.cmp);
  return modelLeaf(json.cmp, value, json.cmp === "in" || json.cmp === "nin" ? json.vals : json.val);
}

function modelLeaf(cmp: string, value: string, operand: string | string[] = ""): boolean {
  const [left, right] = [modelNumber(value), modelNumber(String(operand))];
  const answers: Readonly<Record<string, boolean>> = {
    eq: value === operand,
    neq: value !== operand,
    in: operand.includes(value),
    nin: !operand.includes(value),
    ex: true,
    nex: false,
    sw: value.startsWith(String(operand)),
    ew: value.endsWith(String(operand)),
    ct: value.includes(String(operand)),
    gt: left > right,
    gte: left >= right,
    lt: left < right,
    lte: left <= right,
  };
  return answers[cmp] === true;
}

// ---- the generators -------------------------------------------------------------------------

const keys = fc.constantFrom("a", "b", "c", "__proto__");
const values = fc.constantFrom(
  "1",
  "2",
  "1.0",
  "+2",
  "12",
  "x",
  "xy",
  " 1",
  "0x1",
  "inf",
  "-inf",
  "nan",
);
const leaves: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ key: keys, cmp: fc.constantFrom("eq", "neq"), val: values }),
  },
  fc.record({
    key: keys,
    cmp: fc.constantFrom("in", "nin"),
    vals: fc.array(fc.oneof(values, fc.constant("")), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ key: keys, cmp: fc.constantFrom("ex", "nex") }),
  fc.record({
    key: keys,
    cmp: fc.constantFrom("sw", "ew", "ct", "gt", "gte", "lt", "lte"),
    val: values,
  }),
);
const nested: fc.Arbitrary<Json> = fc.letrec<{ node: Json; branch: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 3, arbitrary: leaves },
    { weight: 2, arbitrary: tie("branch") },
  ),
  branch: fc.oneof(
    branchOf(tie("node"), 1),
    fc.record({ op: fc.constant("not" as const), nodes: fc.tuple(tie("node")) }),
  ),
})).node;

// Three levels, many equalities, few negations: what uses the index most, and what `nested` hardly
// ever generates.
const equalities: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ key: keys, cmp: fc.constant("eq"), val: values }),
  },
  fc.record({
    key: keys,
    cmp: fc.constant("in"),
    vals: fc.array(values, { minLength: 1, maxLength: 3 }),
  }),
  leaves,
);
const filters = fc.oneof(nested, branchOf(fc.oneof(equalities, branchOf(equalities, 2)), 2));

function branchOf(node: fc.Arbitrary<Json>, minLength: number): fc.Arbitrary<Json> {
  const nodes = fc.array(node, { minLength, maxLength: minLength + 2 });
  return fc.record({ op: fc.constantFrom("and", "or"), nodes });
}

const tagMaps: fc.Arbitrary<Tags> = fc
  .array(fc.tuple(keys, fc.oneof(values, fc.constant(""))), { maxLength: 6 })
  .map((entries) => new Map(entries));

/** The same filter in another spelling, chosen by `dice`. */
function respell(json: Json, dice: () => number): Json {
  const turn = dice();
  if (turn % 5 === 0) return { op: "not", nodes: [{ op: "not", nodes: [respell(json, dice)] }] };
  if (!("op" in json)) return respellLeaf(json, turn);
  if (json.op === "not") return { op: "not", nodes: json.nodes.map((node) => respell(node, dice)) };
  const nodes = json.nodes.map((node) => respell(node, dice));
  const [first] = nodes;
  if (turn % 5 === 1 && first !== undefined) nodes.push(first);
  if (turn % 5 === 2) nodes.reverse();
  if (turn % 5 === 3) return { op: json.op, nodes: [{ op: json.op, nodes }] };
  if (turn % 5 === 4) {
    const opposites = nodes.map((node): Json => ({ op: "not", nodes: [node] }));
    return { op: "not", nodes: [{ op: json.op === "and" ? "or" : "and", nodes: opposites }] };
  }
  return { op: json.op, nodes };
}

function respellLeaf(json: Exclude<Json, { op: string }>, turn: number): Json {
  const { key, cmp, val = "", vals = [] } = json;
  if (cmp === "eq") return { key, cmp: "in", vals: [val, val] };
  if (cmp === "neq") return { op: "not", nodes: [{ key, cmp: "eq", val }] };
  if (cmp === "nex") return { op: "not", nodes: [{ key, cmp: "ex" }] };
  if (cmp === "in" && turn % 2 === 0 && !vals.includes("")) {
    return { op: "or", nodes: vals.map((value) => ({ key, cmp: "eq", val: value })) };
  }
  return cmp === "in" || cmp === "nin" ? { key, cmp, vals: vals.toReversed() } : json;
}

function parse(json: unknown): Filter {
  const filter = parseFilter(json);
  if (filter.kind !== "filter") throw new Error(filter.message);
  return filter;
}

// ---- the properties -------------------------------------------------------------------------

describe("filters", () => {
  test("match as the model does", () => {
    fc.assert(
      fc.property(filters, fc.array(tagMaps, { minLength: 1, maxLength: 8 }), (json, maps) => {
        const filter = parse(json);
        for (const tags of maps) expect(matches(filter, tags)).toBe(model(json, tags));
      }),
      { numRuns: 2000 },
    );
  });

  test("with equal keys match the same messages", () => {
    let equalCount = 0;
    // Small enough that in every dozen some share a key.
    const small = fc.oneof(leaves, branchOf(leaves, 1));
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 12, maxLength: 12 }),
        fc.array(tagMaps),
        (jsons, maps) => {
          const byKey = Map.groupBy(jsons, (json) => parse(json).key);
          for (const [first, ...others] of byKey.values()) {
            equalCount += others.length;
            for (const other of others) {
              for (const tags of maps) {
                expect(first !== undefined && model(first, tags)).toBe(model(other, tags));
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(equalCount).toBeGreaterThan(100);
  });

  test("in another spelling have the same key", () => {
    fc.assert(
      fc.property(filters, fc.infiniteStream(fc.nat(1000)), (json, dice) => {
        const other = respell(json, () => dice.next().value ?? 0);
        const parsed = parseFilter(other);
        // Respelling nests and repeats, so it may exceed a limit that the original stayed within.
        fc.pre(parsed.kind === "filter");
        expect(parsed).toEqual(parse(json));
      }),
      { numRuns: 2000 },
    );
  });

  test("and tags made of any JSON are accepted or refused, and never throw", () => {
    const words = ["op", "key", "cmp", "val", "vals", "nodes", "events", "tags", "__proto__"];
    const atoms = fc.constantFrom("and", "not", "eq", "in", "ex", "", "x", null, 0, 1e300, true);
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        atoms,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie("tree"), { maxKeys: 5 }),
      ),
    }));
    const anything = fc.oneof(
      { weight: 4, arbitrary: tree },
      { weight: 1, arbitrary: fc.jsonValue() },
    );
    fc.assert(
      fc.property(anything, tagMaps, (value, tags) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        const filter = parseFilter(json);
        if (filter.kind === "filter") expect(matches(filter, tags)).toBeBoolean();
        else
          expect(filter.message).toMatch(/^Cannot read "filter.*": it is .+, it must be .+[^.]$/);
        const selection = parseSelection(json);
        if (selection.kind === "selection") expect(accepts(selection, "e", tags)).toBeBoolean();
        const read = readTags(json);
        if (read.kind === "error") expect(read.message).toStartWith('Cannot read "tags');
      }),
      { numRuns: 3000 },
    );
  });
});

test("readNumber() reads as the model does", () => {
  const pieces = fc.constantFrom(
    "0",
    "1",
    "9",
    ".",
    "e",
    "E",
    "+",
    "-",
    " ",
    "x",
    "b",
    "i",
    "n",
    "f",
    "inf",
    "nan",
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join("")),
    fc.double().map(String),
    fc.string(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(readNumber(text)).toBe(modelNumber(text));
    }),
    { numRuns: 5000 },
  );
});

describe("Candidates", () => {
  const operations = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.constant("add" as const), fc.nat(30), filters) },
      { weight: 1, arbitrary: fc.tuple(fc.constant("remove" as const), fc.nat(30), filters) },
    ),
    { maxLength: 60 },
  );

  test("visits every matching cohort once, and reports as proven only what matches", () => {
    fc.assert(
      fc.property(operations, fc.array(tagMaps, { minLength: 1, maxLength: 5 }), (steps, maps) => {
        const index = new Candidates<number>();
        const present = new Map<number, Filter>();
        for (const [verb, cohort, json] of steps) {
          if (verb === "add") {
            index.add(parse(json), cohort);
            present.set(cohort, parse(json));
          } else {
            expect(index.remove(cohort)).toBe(present.delete(cohort));
          }
          expect(index.cohortCount).toBe(present.size);
        }
        for (const tags of maps) {
          const visited: number[] = [];
          const matching: number[] = [];
          index.forEachCandidate(tags, (cohort, proven) => {
            const filter = present.get(cohort);
            const match = filter !== undefined && matches(filter, tags);
            if (proven) expect(match).toBe(true);
            visited.push(cohort);
            if (match) matching.push(cohort);
          });
          const scan = [...present].filter(([, filter]) => matches(filter, tags));
          expect(new Set(visited).size).toBe(visited.length);
          expect(matching.toSorted(ascending)).toEqual(
            scan.map(([cohort]) => cohort).toSorted(ascending),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function ascending(left: number, right: number): number {
  return left - right;
}
