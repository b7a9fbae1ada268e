import { describe, expect, test } from "bun:test";
import { equalBackward, equalForward } from "../../../src/delta/compare.ts";

// Two runs of 'a' of 64 bytes each, with four more bytes after the second; one byte differs.
function view(differentAt: number): DataView {
  const bytes = new Uint8Array(160).fill(97);
  bytes[64 + differentAt] = 98;
  return new DataView(bytes.buffer);
}

describe("equalForward()", () => {
  test("counts up to the first byte that differs, wherever it is", () => {
    for (let at = 0; at < 64; at++) expect(equalForward(view(at), 0, 64, 64)).toBe(at);
  });

  test("never counts beyond the limit, whatever follows", () => {
    for (let max = 0; max < 40; max++) {
      expect(equalForward(view(max), 0, 64, max)).toBe(max);
      expect(equalForward(view(63), 0, 64, max)).toBe(max);
      expect(equalForward(view(max + 1), 0, 64, max)).toBe(max);
    }
  });

  test("compares at any two positions, aligned or not", () => {
    for (let shift = 0; shift < 8; shift++) {
      expect(equalForward(view(30), shift, 64 + shift, 60)).toBe(30 - shift);
    }
  });
});

describe("equalBackward()", () => {
  test("counts down to the first byte that differs, wherever it is", () => {
    for (let at = 0; at < 64; at++) expect(equalBackward(view(at), 64, 128, 64)).toBe(63 - at);
  });

  test("never counts beyond the limit", () => {
    for (let max = 0; max < 40; max++) expect(equalBackward(view(0), 64, 128, max)).toBe(max);
  });
});
