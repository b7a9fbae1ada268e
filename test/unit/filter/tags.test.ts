import { describe, expect, test } from "bun:test";
import { readTags } from "../../../src/filter/tags.ts";

function refusal(value: unknown): string {
  const result = readTags(value);
  if (result.kind !== "error") throw new Error("accepted");
  return result.message;
}

describe("readTags()", () => {
  test("accepts strings, numbers and booleans, sorted by key", () => {
    const result = readTags({ b: "x", a: 1.5, "10": true, "9": "" });
    if (result.kind !== "tags") throw new Error(result.message);
    expect([...result.tags]).toEqual([
      ["10", "true"],
      ["9", ""],
      ["a", "1.5"],
      ["b", "x"],
    ]);
  });

  test("reads absent and null as no tags", () => {
    for (const value of [undefined, null, {}]) {
      const result = readTags(value);
      expect(result.kind === "tags" && result.tags.size).toBe(0);
    }
  });

  test("accepts the names of inherited properties as keys", () => {
    const result = readTags(JSON.parse('{"__proto__":"p","constructor":"c"}'));
    if (result.kind !== "tags") throw new Error(result.message);
    expect([...result.tags]).toEqual([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
  });

  test("accepts tags at its limits", () => {
    const many = Object.fromEntries(Array.from({ length: 127 }, (_, at) => [`k${at}`, at]));
    expect(readTags({ ...many, ["k".repeat(256)]: "é".repeat(512) }).kind).toBe("tags");
  });

  const refused: readonly (readonly [name: string, value: unknown, message: string])[] = [
    [
      "a text",
      "a",
      'Cannot read "tags": it is "a", it must be an object of strings, numbers or booleans',
    ],
    [
      "a list",
      ["a"],
      'Cannot read "tags": it is an array, it must be an object of strings, numbers or booleans',
    ],
    [
      "an object as value",
      { a: {} },
      'Cannot read "tags.a": it is an object, it must be a string, a number or a boolean',
    ],
    [
      "null as value",
      { a: null },
      'Cannot read "tags.a": it is null, it must be a string, a number or a boolean',
    ],
    [
      "an object under __proto__",
      JSON.parse('{"__proto__":{"a":"b"}}'),
      'Cannot read "tags.__proto__": it is an object, it must be a string, a number or a boolean',
    ],
    [
      "a number that JSON has rounded",
      JSON.parse('{"id":12345678901234567890}'),
      'Cannot read "tags.id": it is the number 12345678901234567000, it must be within ±9007199254740991, or a string',
    ],
    [
      "a value too long",
      { a: "x".repeat(1025) },
      'Cannot read "tags.a": it is too long, it must be at most 1024 bytes',
    ],
    [
      "a key too long",
      { ["k".repeat(257)]: "x" },
      `Cannot read "tags.${"k".repeat(40)}…": it is too long a key, it must be a key of at most 256 bytes`,
    ],
    [
      "too many",
      Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`k${at}`, at])),
      'Cannot read "tags": it is 129 tags, it must be at most 128 tags',
    ],
  ];
  for (const [name, value, message] of refused) {
    test(`refuses ${name}`, () => {
      expect(refusal(value)).toBe(message);
    });
  }
});
