import { describe, expect, test } from "bun:test";
import { excessOfJson, MAX_JSON_DEPTH, parseJson } from "../../../src/protocol/json.ts";

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

describe("parseJson()", () => {
  test.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("reads %s up to the maximum depth and not one level deeper", (open, close) => {
    expect(parseJson(nested(MAX_JSON_DEPTH, open, close))).toBeDefined();
    expect(parseJson(nested(MAX_JSON_DEPTH + 1, open, close))).toBeUndefined();
  });

  test("does not count brackets within strings, whatever they escape", () => {
    const brackets = "[{".repeat(200);
    for (const text of [brackets, `\\"${brackets}`, `${brackets}\\\\`, `"${brackets}\\\\"`]) {
      const json = JSON.stringify({ text });
      expect(parseJson(json)).toEqual({ text });
    }
  });

  test("counts neighbouring brackets once", () => {
    const json = JSON.stringify(Array.from({ length: 500 }, () => ({ a: [[]] })));
    expect(parseJson(json)).toHaveLength(500);
  });

  test.each([
    ["dense ids", Object.fromEntries(Array.from({ length: 5000 }, (_, id) => [id, { id }]))],
    [
      "ids far from one another",
      Object.fromEntries(Array.from({ length: 500 }, (_, id) => [id * 977, id])),
    ],
    [
      "large ids",
      Object.fromEntries(Array.from({ length: 500 }, (_, id) => [1e9 + id * 7919, id])),
    ],
    ["a list of small ids", Array.from({ length: 500 }, (_, id) => ({ [id % 60]: "value" }))],
    ["a map of maps", { "12": { "1": "a", "2": "b" }, "13": { "1": "a" }, "999": { "998": 1 } }],
    ["a few alone", [{ "999": 0 }, { "998": 0 }, { "997": 0 }, { "996": 0 }]],
    ["texts", Array.from({ length: 500 }, () => JSON.stringify({ "999": 0 }))],
    ["no whole numbers", Array.from({ length: 500 }, () => ({ "0999": 0, "99.9": 0, "-999": 0 }))],
  ])("reads whole numbers as keys: %s", (_, value) => {
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  test.each([
    ["of one each", '{"999":0}'],
    ["with escapes", '{"9\\u00399":0}'],
    ["with space", '{"999"  \n:0}'],
    ["behind others", '{"a":"\\"","0":0,"999":0}'],
    ["up and up", '{"999":0,"1998":0,"2997":0}'],
    ["in one another", '{"999":{"999":[{"999":0}]}}'],
    ["and one far away", '{"999":0,"5000":0}'],
  ])("does not read objects with slots for a thousand %s", (_, object) => {
    const text = `[${`${object},`.repeat(500)}0]`;
    expect(JSON.parse(text)).toHaveLength(501);
    expect(parseJson(text)).toBeUndefined();
    expect(excessOfJson(text)).toBe("keys");
    expect(excessOfJson(text.slice(0, -1))).toBe("keys");
  });

  test("returns undefined for what is not JSON", () => {
    for (const text of ["", "{", `"${"x".repeat(300)}`, `[${"x".repeat(300)}`])
      expect(parseJson(text)).toBeUndefined();
  });
});
