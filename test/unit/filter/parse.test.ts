import { describe, expect, test } from "bun:test";
import { parseFilter } from "../../../src/filter/parse.ts";

/** The error message for a value that must be refused. */
function refusal(value: unknown): string {
  const result = parseFilter(value);
  if (result.kind !== "error") throw new Error(`accepted as ${result.key}`);
  return result.message;
}

function leaf(value: string): unknown {
  return { key: "a", cmp: "eq", val: value };
}

function nested(levels: number): unknown {
  let value: unknown = leaf("x");
  for (let level = 1; level < levels; level++) value = { op: "not", nodes: [value] };
  return value;
}

describe("parseFilter() accepts", () => {
  const accepted: readonly (readonly [name: string, value: unknown, key: string])[] = [
    ["a comparison", { key: "a", cmp: "eq", val: "x" }, 'in("a",["x"])'],
    ["a list", { key: "a", cmp: "in", vals: ["y", "x"] }, 'in("a",["x","y"])'],
    ["an empty value in a list", { key: "a", cmp: "in", vals: [""] }, 'in("a",[""])'],
    ["a presence test", { key: "a", cmp: "ex" }, 'ex("a")'],
    ["a number", { key: "a", cmp: "eq", val: 5.5 }, 'in("a",["5.5"])'],
    ["a boolean", { key: "a", cmp: "eq", val: false }, 'in("a",["false"])'],
    [
      "a branch",
      { op: "or", nodes: [leaf("x"), { key: "b", cmp: "sw", val: "y" }] },
      'or(in("a",["x"]),sw("b","y"))',
    ],
    [
      "nulls for absent members",
      { op: null, key: "a", cmp: "eq", val: "x", vals: null, nodes: null },
      'in("a",["x"])',
    ],
    [
      "empty lists for absent members",
      { key: "a", cmp: "eq", val: "x", vals: [], nodes: [] },
      'in("a",["x"])',
    ],
    [
      "a branch with an empty list of values",
      { op: "and", nodes: [leaf("x")], vals: [] },
      'in("a",["x"])',
    ],
    [
      "members that a comparison does not use",
      { key: "a", cmp: "ex", val: {}, vals: 7, note: 1 },
      'ex("a")',
    ],
    [
      "a tag called __proto__",
      JSON.parse('{"key":"__proto__","cmp":"ex","__proto__":{"op":"x"}}'),
      'ex("__proto__")',
    ],
  ];
  for (const [name, value, key] of accepted) {
    test(name, () => {
      expect(parseFilter(value)).toMatchObject({ kind: "filter", key });
    });
  }

  test("a filter at every limit", () => {
    const leaves = Array.from({ length: 127 }, (_, at) => leaf(`v${at}`));
    expect(parseFilter({ op: "or", nodes: leaves }).kind).toBe("filter");
    expect(parseFilter(nested(16)).kind).toBe("filter");
    const vals = Array.from({ length: 128 }, (_, at) => at);
    expect(parseFilter({ key: "k".repeat(256), cmp: "in", vals }).kind).toBe("filter");
    expect(parseFilter(leaf("é".repeat(512))).kind).toBe("filter");
    expect(parseFilter({ key: "a", cmp: "eq", val: Number.MAX_SAFE_INTEGER }).kind).toBe("filter");
  });
});

describe("parseFilter() refuses", () => {
  const refused: readonly (readonly [name: string, value: unknown, message: string])[] = [
    [
      "no value",
      undefined,
      'Cannot read "filter": it is missing, it must be an object with op or cmp',
    ],
    ["a text", "a = b", 'Cannot read "filter": it is "a = b", it must be an object with op or cmp'],
    ["a list", [], 'Cannot read "filter": it is an array, it must be an object with op or cmp'],
    [
      "an empty object",
      {},
      'Cannot read "filter.key": it is missing, it must be the name of a tag',
    ],
    [
      "an unknown op",
      { op: "xor", nodes: [leaf("x")] },
      'Cannot read "filter.op": it is "xor", it must be one of and, or, not',
    ],
    [
      "an op in capitals",
      { op: "AND", nodes: [leaf("x")] },
      'Cannot read "filter.op": it is "AND", it must be one of and, or, not',
    ],
    [
      "a comparison beside op",
      { op: "and", nodes: [leaf("x")], cmp: "eq" },
      'Cannot read "filter.cmp": it is "eq", it must be absent beside op',
    ],
    [
      "values beside op",
      { op: "and", nodes: [leaf("x")], vals: ["x"] },
      'Cannot read "filter.vals": it is an array, it must be absent beside op',
    ],
    [
      "a branch without nodes",
      { op: "or" },
      'Cannot read "filter.nodes": it is missing, it must be a list of nodes',
    ],
    [
      "an empty branch",
      { op: "or", nodes: [] },
      'Cannot read "filter.nodes": it is a list of 0, it must be one node or more',
    ],
    [
      "a not of two",
      { op: "not", nodes: [leaf("x"), leaf("y")] },
      'Cannot read "filter.nodes": it is a list of 2, it must be exactly one node',
    ],
    [
      "a node that is no object",
      { op: "and", nodes: [leaf("x"), { op: "or", nodes: [null] }] },
      'Cannot read "filter.nodes[1].nodes[0]": it is null, it must be an object with op or cmp',
    ],
    [
      "nodes on a leaf",
      { key: "a", cmp: "ex", nodes: [leaf("x")] },
      'Cannot read "filter.nodes": it is an array, it must be absent from a node without op',
    ],
    [
      "an empty key",
      { key: "", cmp: "ex" },
      'Cannot read "filter.key": it is "", it must be the name of a tag',
    ],
    [
      "a key that is a number",
      { key: 5, cmp: "ex" },
      'Cannot read "filter.key": it is the number 5, it must be the name of a tag',
    ],
    [
      "a key too long",
      { key: "é".repeat(129), cmp: "ex" },
      'Cannot read "filter.key": it is too long, it must be at most 256 bytes',
    ],
    [
      "no comparison",
      { key: "a", val: "x" },
      'Cannot read "filter.cmp": it is missing, it must be one of eq, neq, in, nin, ex, nex, sw, ew, ct, gt, gte, lt, lte',
    ],
    [
      "a comparison called toString",
      { key: "a", cmp: "toString", val: "x" },
      'Cannot read "filter.cmp": it is "toString", it must be one of eq, neq, in, nin, ex, nex, sw, ew, ct, gt, gte, lt, lte',
    ],
    [
      "no val",
      { key: "a", cmp: "gt" },
      'Cannot read "filter.val": it is missing, it must be a string, a number or a boolean',
    ],
    [
      "an empty val",
      { key: "a", cmp: "eq", val: "" },
      'Cannot read "filter.val": it is empty, it must be filled (in takes an empty value)',
    ],
    [
      "an object as val",
      { key: "a", cmp: "eq", val: {} },
      'Cannot read "filter.val": it is an object, it must be a string, a number or a boolean',
    ],
    [
      "a value too long",
      leaf("é".repeat(513)),
      'Cannot read "filter.val": it is too long, it must be at most 1024 bytes',
    ],
    [
      "a number that JSON has rounded",
      JSON.parse('{"key":"a","cmp":"eq","val":9007199254740993}'),
      'Cannot read "filter.val": it is the number 9007199254740992, it must be within ±9007199254740991, or a string',
    ],
    [
      "a number that JSON made infinite",
      JSON.parse('{"key":"a","cmp":"gt","val":1e999}'),
      'Cannot read "filter.val": it is the number Infinity, it must be within ±9007199254740991, or a string',
    ],
    [
      "in without vals",
      { key: "a", cmp: "in", val: "x" },
      'Cannot read "filter.vals": it is missing, it must be a list of values',
    ],
    [
      "an empty list",
      { key: "a", cmp: "nin", vals: [] },
      'Cannot read "filter.vals": it is a list of 0, it must be a list of 1 to 128 values',
    ],
    [
      "a list too long",
      { key: "a", cmp: "in", vals: Array.from({ length: 129 }, String) },
      'Cannot read "filter.vals": it is a list of 129, it must be a list of 1 to 128 values',
    ],
    [
      "null in a list",
      { key: "a", cmp: "in", vals: ["x", null] },
      'Cannot read "filter.vals[1]": it is null, it must be a string, a number or a boolean',
    ],
  ];
  for (const [name, value, message] of refused) {
    test(name, () => {
      expect(refusal(value)).toBe(message);
    });
  }

  test("the 129th node", () => {
    const leaves = Array.from({ length: 128 }, (_, at) => leaf(`v${at}`));
    expect(refusal({ op: "or", nodes: leaves })).toBe(
      'Cannot read "filter.nodes[127]": it is node 129, it must be one of at most 128 nodes',
    );
  });

  test("the 17th level, and a depth that would overflow the stack", () => {
    expect(refusal(nested(17))).toEndWith("it is at level 17, it must be at level 16 at most");
    expect(refusal(nested(200_000))).toEndWith("it is at level 17, it must be at level 16 at most");
  });

  test("the 1,025th value of the whole filter", () => {
    const list = (at: number): unknown => ({
      key: `k${at}`,
      cmp: "in",
      vals: Array.from({ length: at < 8 ? 128 : 1 }, String),
    });
    const nodes = Array.from({ length: 9 }, (_, at) => list(at));
    expect(parseFilter({ op: "or", nodes })).toMatchObject({
      message:
        'Cannot read "filter.nodes[8]": it is value 1025, it must be within the 1024 values of the whole filter',
      tooLarge: true,
    });
  });

  test("more than 16,384 characters in the whole filter", () => {
    const nodes = Array.from({ length: 17 }, (_, at) => leaf(`${at}`.padEnd(1000, "x")));
    expect(refusal({ op: "or", nodes })).toEndWith(
      "it must be within the 16384 characters of the whole filter",
    );
  });

  test("inherited members", () => {
    const heir: unknown = Object.create({ key: "a", cmp: "ex" });
    expect(refusal(heir)).toStartWith('Cannot read "filter.key": it is missing');
  });

  test("a long text, which it cuts off in the message", () => {
    const message = refusal({ op: "x\n".repeat(5000), nodes: [] });
    expect(message.length).toBeLessThan(200);
    expect(message).not.toContain("\n");
  });

  test("with the path that it is given", () => {
    expect(parseFilter(7, "filter.tags")).toMatchObject({
      message: 'Cannot read "filter.tags": it is the number 7, it must be an object with op or cmp',
    });
  });
});
