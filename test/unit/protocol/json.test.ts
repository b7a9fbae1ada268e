import { describe, expect, test } from "bun:test";
import { MAX_JSON_DEPTH, parseJson } from "../../../src/protocol/json.ts";

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

describe("parseJson()", () => {
  test.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("reads %s as deep as may be and not one deeper", (open, close) => {
    expect(parseJson(nested(MAX_JSON_DEPTH, open, close))).toBeDefined();
    expect(parseJson(nested(MAX_JSON_DEPTH + 1, open, close))).toBeUndefined();
  });

  test("counts no brackets within texts, whatever they escape", () => {
    const brackets = "[{".repeat(200);
    for (const text of [brackets, `\\"${brackets}`, `${brackets}\\\\`, `"${brackets}\\\\"`]) {
      const json = JSON.stringify({ text });
      expect(parseJson(json)).toEqual({ text });
    }
  });

  test("counts what stands side by side once", () => {
    const json = JSON.stringify(Array.from({ length: 500 }, () => ({ a: [[]] })));
    expect(parseJson(json)).toHaveLength(500);
  });

  test("gives undefined for what is no JSON", () => {
    for (const text of ["", "{", `"${"x".repeat(300)}`, `[${"x".repeat(300)}`])
      expect(parseJson(text)).toBeUndefined();
  });
});
