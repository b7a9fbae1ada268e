import { describe, expect, test } from "bun:test";
import { conflationKey, plainKey } from "../../../src/delta/conflation.ts";

describe("conflationKey()", () => {
  test.each([
    ['{"symbol":"BTC"}', "symbol", "BTC"],
    ['{"quote":{"symbol":"BTC"}}', "quote.symbol", "BTC"],
    ['{"list":["a","b"]}', "list.1", "b"],
    ['{"id":7}', "id", "7"],
    ['{"id":7.50}', "id", "7.5"],
    ['{"on":true}', "on", "true"],
    ['{"id":[1,2]}', "id", "[1,2]"],
    ['{"id":""}', "id", ""],
    ['{"id":null}', "id", ""],
    ['{"other":1}', "id", ""],
    ['{"quote":"text"}', "quote.symbol", ""],
    ["[]", "id", ""],
    ["null", "id", ""],
    ['"text"', "length", ""],
    ["not JSON", "id", ""],
    ["", "id", ""],
    ["{}", "constructor", ""],
    ["{}", "__proto__", ""],
    ['{"__proto__":"x"}', "__proto__", "x"],
  ])("of %s by %s is %j", (data, path, key) => {
    expect(conflationKey(data, path.split("."))).toBe(key);
  });

  test("is empty without a path, whatever the data is", () => {
    expect(conflationKey('{"":"x"}', [])).toBe("");
  });

  test("accepts a path that starts at the frame, as Sockudo's do", () => {
    expect(conflationKey('{"symbol":"BTC"}', ["data", "symbol"])).toBe("BTC");
    expect(conflationKey('{"data":{"symbol":"ETH"},"symbol":"BTC"}', ["data", "symbol"])).toBe(
      "ETH",
    );
    expect(conflationKey('{"data":"x"}', ["data"])).toBe("x");
  });

  test("of an object is hashed, since its JSON would need escapes", () => {
    expect(conflationKey('{"id":{"a":1}}', ["id"])).toMatch(/^#[0-9a-f]{32}$/);
  });
});

describe("plainKey()", () => {
  test.each(["", "BTC", "a b", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "x".repeat(64)])(
    "uses %j unchanged",
    (text) => {
      expect(plainKey(text)).toBe(text);
      expect(JSON.stringify(text)).toBe(`"${text}"`);
    },
  );

  test.each(['"', "\\", "ö", "\n", "\u007f", "𝄞", "x".repeat(65)])("hashes %j", (text) => {
    expect(plainKey(text)).toMatch(/^#[0-9a-f]{32}$/);
    expect(plainKey(text)).toBe(plainKey(text));
    expect(plainKey(text)).not.toBe(plainKey(`${text}.`));
  });
});
