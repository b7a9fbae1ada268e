import { describe, expect, test } from "bun:test";
import { decode } from "@ably/vcdiff-decoder";
import { streams } from "../../../bench/corpus.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";
import { decodeStrictly } from "./strict-vcdiff.ts";

const encoder = new TextEncoder();
const HEADER = [0xd6, 0xc3, 0xc4, 0, 0];

function encoded(base: string, next: string): Uint8Array {
  const delta = new VcdiffEncoder().encode(encoder.encode(base), encoder.encode(next));
  if (delta === null) throw new Error("no delta for inputs that are not too long");
  return delta;
}

/** The instruction codes of the delta, which both decoders must read as `next`. */
function codes(base: string, next: string): readonly number[] {
  const delta = encoded(base, next);
  const strictly = decodeStrictly(delta, encoder.encode(base));
  expect(Buffer.from(strictly.target).toString()).toBe(next);
  expect(Buffer.from(decode(delta, encoder.encode(base))).toString()).toBe(next);
  return strictly.codes;
}

describe("VcdiffEncoder", () => {
  test("encode() of equal texts is one copy", () => {
    const text = "the very same text";
    // Window: source of 18 bytes from 0; 7 bytes follow: 18 bytes of output, no flags, lengths of
    // the sections 0, 1, 1; COPY 18 in mode 0, address 0.
    const window = [1, 18, 0, 7, 18, 0, 0, 1, 1, 34, 0];
    expect([...encoded(text, text)]).toEqual([...HEADER, ...window]);
  });

  test("encode() without a copy writes a window without a source", () => {
    expect([...encoded("", "hello")]).toEqual([
      ...HEADER,
      0,
      11,
      5,
      0,
      5,
      1,
      0,
      ...encoder.encode("hello"),
      6,
    ]);
    expect([...encoded("abc", "hello")]).toEqual([...encoded("", "hello")]);
  });

  test("encode() of an empty text is a window of no bytes", () => {
    expect([...encoded("gone", "")]).toEqual([...HEADER, 0, 5, 0, 0, 0, 0, 0]);
    expect(codes("gone", "")).toEqual([]);
  });

  test("encode() writes lengths from 128 on in two bytes", () => {
    const text = "0123456789".repeat(20);
    const sameText = [1, 0x81, 0x48, 0, 10, 0x81, 0x48, 0, 0, 3, 1, 19, 0x81, 0x48, 0];
    expect([...encoded(text, text)]).toEqual([...HEADER, ...sameText]);
  });

  const A = "<the first part of the base>";
  const B = "[another part, the second]";
  test.each([
    {
      what: "an add of 17 bytes has its size in the code",
      next: `${A}${"x".repeat(17)}`,
      code: 18,
    },
    { what: "an add of 18 bytes has its size after it", next: `${A}${"x".repeat(18)}`, code: 1 },
    { what: "a copy of 28 bytes has its size after it", next: `${A}???????${B}`, code: 19 },
    {
      what: "an add of 1 and a copy of 6 bytes share a code",
      next: `${A}?${A.slice(1, 7)}???????${B}`,
      code: 165,
    },
  ])("encode(): $what", ({ next, code }) => {
    expect(codes(A + B, next)).toContain(code);
  });

  test("encode() combines a copy of four bytes and the one byte after it", () => {
    expect(codes("abcd", "abcd!")).toEqual([247]);
  });

  test("encode() returns null for a limit up to the size of the delta, and the delta for one byte more", () => {
    const [base, next] = [
      encoder.encode('{"a":1,"b":"same"}'),
      encoder.encode('{"a":2,"b":"same"}'),
    ];
    const vcdiff = new VcdiffEncoder();
    const length = vcdiff.encode(base, next)?.length ?? 0;
    expect(length).toBeGreaterThan(0);
    expect(vcdiff.encode(base, next, length)).toBeNull();
    expect(vcdiff.encode(base, next, length + 1)).toHaveLength(length);
  });

  test("encode() returns null if either text exceeds the maximum size", () => {
    const small = new VcdiffEncoder(100);
    const [fits, tooLong] = [new Uint8Array(100), new Uint8Array(101)];
    expect(small.encode(fits, fits)).not.toBeNull();
    expect(small.encode(tooLong, fits)).toBeNull();
    expect(small.encode(fits, tooLong)).toBeNull();
  });

  test.each(streams(2))("$name of the corpus come back", ({ messages }) => {
    const vcdiff = new VcdiffEncoder();
    for (let index = 1; index <= 200; index++) {
      const base = encoder.encode(messages[index - 1]);
      const next = encoder.encode(messages[index]);
      const delta = vcdiff.encode(base, next) ?? next;
      expect(Buffer.compare(decodeStrictly(delta, base).target, next)).toBe(0);
      expect(Buffer.compare(decode(delta, base), next)).toBe(0);
    }
  });
});
