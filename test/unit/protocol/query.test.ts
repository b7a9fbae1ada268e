import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { excessOf, MAX_TARGET_LENGTH, percentDecode } from "../../../src/protocol/query.ts";

/** What percentDecode() should return, determined by the runtime's exceptions. */
function decodedOrNot(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe("percentDecode()", () => {
  const byte = fc
    .integer({ min: 0, max: 255 })
    .map((value) => `%${value.toString(16).padStart(2, "0")}`);
  const odd = fc.constantFrom(
    "%",
    "%e",
    "%zz",
    "a",
    "+",
    "ü",
    "%F4%8F%BF%BF",
    "%ED%A0%80",
    "%C0%80",
  );
  const good = fc.string({ unit: "binary" }).map((text) => encodeURIComponent(text.toWellFormed()));

  test("decodes what is well-formed, and leaves everything else unchanged", () => {
    const text = fc
      .array(fc.oneof(byte, odd, good), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (given) => {
        expect(percentDecode(given)).toBe(decodedOrNot(given));
      }),
      { numRuns: 5000 },
    );
  });

  test("decodes the escapes of every character, and judges every pair of bytes", () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x1000 ? 1 : 251) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      expect(percentDecode(encodeURIComponent(character))).toBe(character);
    }
    for (let code = 0; code < 0x10000; code++) {
      const text = code.toString(16).padStart(4, "0").replace(/../g, "%$&");
      if (percentDecode(text) !== decodedOrNot(text)) throw new Error(`wrong about ${text}`);
    }
  });
});

test("excessOf() lets through what libraries send, and names what is too much", () => {
  const name = encodeURIComponent(`presence-${"@".repeat(155)}`);
  const query = `auth_key=k&auth_timestamp=1&auth_version=1.0&body_md5=${"0".repeat(32)}&auth_signature=${"0".repeat(64)}`;
  const prefix = `filter_by_prefix=${name}&info=user_count,subscription_count`;
  expect(excessOf(`/apps/4711/channels/${name}/users`, `${query}&${prefix}`)).toBeNull();
  expect(excessOf("/apps/4711/events", `${query}${"&channels[]=a".repeat(100)}`)).toBeNull();
  expect(excessOf("/a", "b".repeat(MAX_TARGET_LENGTH))).toBe("length");
  expect(excessOf("/a", "&".repeat(128))).toBe("parameters");
  expect(excessOf("/".repeat(9), "")).toBe("segments");
});
