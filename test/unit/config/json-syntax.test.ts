// jsonFault() and JSON.parse agree on what is JSON, except for duplicate keys.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { jsonFault } from "../../../src/config/json-syntax.ts";

const VALID: readonly string[] = [
  "0",
  " -0.5e+10 ",
  '"\\u00e9\\n\\/"',
  "[]",
  "{}",
  "[[], {}, [1, [2]]]",
  '{"a": {"b": [true, false, null]}, "b": {"b": 1}}',
  "\t\r\n1",
];

const FAULTS: readonly (readonly [text: string, offset: number, problem: string])[] = [
  ["", 0, "expected a value"],
  ["01", 1, "expected the end of the file"],
  ["1.", 1, "expected the end of the file"],
  ["[1,]", 3, "expected a value"],
  ["[1 2]", 3, 'expected "," or the end of the object or list'],
  ["[}", 1, 'expected a value or "]"'],
  ["[1}", 2, 'expected "," or the end of the object or list'],
  ["{1: 2}", 1, 'expected a key in double quotes or "}"'],
  ['{"a" 1}', 5, 'expected ":"'],
  ['{"a": 1,}', 8, "expected a key in double quotes"],
  ['{"a": 1', 7, 'expected "," or the end of the object or list'],
  ['{"a": "x\ny"}', 6, "expected a value"],
  ["nul", 0, "expected a value"],
  ['{"a": 1, "\\u0061": 2}', 9, "this key is given twice"],
  ['{"__proto__": 1, "__proto__": 2}', 17, "this key is given twice"],
];

describe("jsonFault()", () => {
  for (const text of VALID)
    test(`finds nothing in ${JSON.stringify(text)}`, () => {
      JSON.parse(text);
      expect(jsonFault(text)).toBeUndefined();
    });

  for (const [text, offset, problem] of FAULTS)
    test(`finds the fault of ${JSON.stringify(text)}`, () => {
      expect(jsonFault(text)).toEqual({ offset, problem });
    });

  test("finds nothing in the output of JSON.stringify", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1), (value, indent) => {
        expect(jsonFault(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  test("agrees with JSON.parse on texts that are almost JSON", () => {
    const marks = '{}[],:01-.eE+ \n"\\/u'.split("");
    const piece = fc.constantFrom(...marks, '"a"', '"b"', "true", "null", "1");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const fault = jsonFault(text);
        if (fault?.problem !== "this key is given twice")
          expect(fault === undefined).toBe(parses(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("does not recurse into a deeply nested text", () => {
    const depth = 200_000;
    expect(jsonFault("[".repeat(depth))?.offset).toBe(depth);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
