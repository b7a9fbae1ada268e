import { describe, expect, test } from "bun:test";
import { parseFilter } from "../../../src/filter/parse.ts";

function key(value: unknown): string {
  const result = parseFilter(value);
  if (result.kind !== "filter") throw new Error(result.message);
  return result.key;
}

const eq = (tag: string, val: string): unknown => ({ key: tag, cmp: "eq", val });
const compare = (tag: string, cmp: string, val: string | number): unknown => ({
  key: tag,
  cmp,
  val,
});
const oneOf = (tag: string, ...vals: string[]): unknown => ({ key: tag, cmp: "in", vals });
const noneOf = (tag: string, ...vals: string[]): unknown => ({ key: tag, cmp: "nin", vals });
const present = (tag: string): unknown => ({ key: tag, cmp: "ex" });
const absent = (tag: string): unknown => ({ key: tag, cmp: "nex" });
const and = (...nodes: unknown[]): unknown => ({ op: "and", nodes });
const or = (...nodes: unknown[]): unknown => ({ op: "or", nodes });
const not = (node: unknown): unknown => ({ op: "not", nodes: [node] });

describe("canonicalise() gives one key to", () => {
  const twins: readonly (readonly [name: string, left: unknown, right: unknown])[] = [
    [
      "a different order of branches",
      and(eq("a", "1"), present("b")),
      and(present("b"), eq("a", "1")),
    ],
    [
      "a repeated arm",
      or(present("a"), present("b"), present("a")),
      or(present("a"), present("b")),
    ],
    ["a branch with one node", and(or(present("a"))), present("a")],
    [
      "nested branches of one kind",
      and(present("a"), and(present("b"), and(present("c")))),
      and(present("c"), present("b"), present("a")),
    ],
    [
      "branches that flatten only after their own reduction",
      and(present("a"), or(and(present("b"), present("c")))),
      and(present("a"), present("b"), present("c")),
    ],
    ["double negation", not(not(eq("a", "1"))), eq("a", "1")],
    [
      "De Morgan's twins",
      not(and(eq("a", "1"), present("b"))),
      or(compare("a", "neq", "1"), absent("b")),
    ],
    ["neq and a negated eq", compare("a", "neq", "1"), not(eq("a", "1"))],
    ["nin and a negated in", noneOf("a", "1", "2"), not(oneOf("a", "2", "1"))],
    ["nex and a negated ex", absent("a"), not(present("a"))],
    ["a list with one value and eq", oneOf("a", "1"), eq("a", "1")],
    ["a repeated value", oneOf("a", "2", "1", "2"), oneOf("a", "1", "2")],
    [
      "equalities joined by or, and a list",
      or(eq("a", "1"), oneOf("a", "2", "3")),
      oneOf("a", "1", "2", "3"),
    ],
    [
      "lists joined by and, and what they share",
      and(oneOf("a", "1", "2"), oneOf("a", "2", "3")),
      eq("a", "2"),
    ],
    [
      "a list and exceptions, and what is left",
      and(oneOf("a", "1", "2"), compare("a", "neq", "1")),
      eq("a", "2"),
    ],
    [
      "exceptions joined by and, and one list of them",
      and(compare("a", "neq", "1"), compare("a", "neq", "2")),
      noneOf("a", "1", "2"),
    ],
    [
      "exceptions joined by or, and what they share",
      or(noneOf("a", "1", "2"), noneOf("a", "2", "3")),
      compare("a", "neq", "2"),
    ],
    [
      "a list or exceptions, and the exceptions left",
      or(oneOf("a", "1"), noneOf("a", "1", "2")),
      compare("a", "neq", "2"),
    ],
    ["a number and its text", compare("a", "eq", 5), compare("a", "eq", "5")],
    ["numbers spelled differently", compare("a", "gt", "1.50"), compare("a", "gt", "+15e-1")],
    ["the two zeros", compare("a", "lt", "0"), compare("a", "lt", "-0")],
  ];
  for (const [name, left, right] of twins) {
    test(name, () => {
      expect(key(left)).toBe(key(right));
    });
  }
});

describe("canonicalise() finds the constant", () => {
  const constants: readonly (readonly [name: string, value: unknown, key: string])[] = [
    ["a number compared with a word", compare("a", "gt", "many"), "never"],
    ["its negation", not(compare("a", "gt", "many")), "always"],
    ["two values of one tag", and(eq("a", "1"), eq("a", "2")), "never"],
    ["a value and its opposite", or(eq("a", "1"), compare("a", "neq", "1")), "always"],
    [
      "a test and its opposite",
      and(compare("a", "sw", "x"), not(compare("a", "sw", "x"))),
      "never",
    ],
    ["present or absent", or(present("a"), absent("a")), "always"],
    [
      "an and with a part that is never true",
      and(present("b"), compare("a", "gt", "many")),
      "never",
    ],
    [
      "an or with a part that is always true",
      or(present("b"), not(compare("a", "gt", "many"))),
      "always",
    ],
  ];
  for (const [name, value, expected] of constants) {
    test(name, () => {
      expect(key(value)).toBe(expected);
    });
  }

  test("and leaves out the parts that have no effect", () => {
    expect(key(and(present("b"), not(compare("a", "gt", "many"))))).toBe('ex("b")');
    expect(key(or(present("b"), compare("a", "gt", "many")))).toBe('ex("b")');
  });
});

describe("canonicalise() keeps apart", () => {
  const pairs: readonly (readonly [name: string, left: unknown, right: unknown])[] = [
    [
      "not gt and lte, which differ for a missing tag",
      not(compare("a", "gt", "5")),
      compare("a", "lte", "5"),
    ],
    ["eq of texts that are equal as numbers", eq("a", "1.0"), eq("a", "1")],
    ["tags and values that read alike when joined", eq('a",["b', "c"), eq("a", 'b","c')],
    ["one value with a comma and two values", oneOf("a", "x,y"), oneOf("a", "x", "y")],
    ["and and or", and(present("a"), present("b")), or(present("a"), present("b"))],
    [
      "groupings",
      and(present("a"), or(present("b"), present("c"))),
      or(and(present("a"), present("b")), present("c")),
    ],
    ["capitals", eq("a", "X"), eq("a", "x")],
    ["two lone surrogates", eq("a", "\ud800"), eq("a", "\ud801")],
  ];
  for (const [name, left, right] of pairs) {
    test(name, () => {
      expect(key(left)).not.toBe(key(right));
    });
  }
});
