import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { applyDelta, createDelta } from "fossil-delta";
import { streams } from "../../../bench/corpus.ts";
import { applyFossil } from "../../../src/client/fossil.ts";
import { FossilEncoder } from "../../../src/delta/fossil.ts";

const MAX_BYTES = 2 ** 20;
const BASE = "hello, world";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function applied(base: string, delta: string, maxBytes: number = MAX_BYTES): string | null {
  const result = applyFossil(bytes(base), bytes(delta), maxBytes);
  return result === null ? null : Buffer.from(result).toString();
}

describe("applyFossil()", () => {
  test.each([
    { what: "an empty text", base: "gone", delta: "0\n0;", next: "" },
    { what: "a literal", base: "", delta: "5\n5:hello3NPMmh;", next: "hello" },
    { what: "a copy", base: BASE, delta: "C\nC@0,170~a7;", next: BASE },
    {
      what: "copies around a literal",
      base: '{"id":1,"value":100,"unit":"mm"}',
      delta: "X\nG@0,4:2375D@J,2SRqdq;",
      next: '{"id":1,"value":2375,"unit":"mm"}',
    },
  ])("applies $what", ({ base, delta, next }) => {
    expect(applied(base, delta)).toBe(next);
  });

  test.each([
    { what: "nothing", delta: "" },
    { what: "a length without an end", delta: "C" },
    { what: "no length", delta: "\nC@0,170~a7;" },
    { what: "no end", delta: "C\nC@0," },
    { what: "no checksum", delta: "C\nC@0,;" },
    { what: "another checksum", delta: "C\nC@0,170~a6;" },
    { what: "a text that is shorter than its length", delta: "D\nC@0,170~a7;" },
    { what: "a text that is longer than its length", delta: "B\nC@0,170~a7;" },
    { what: "copies of more than its length together", delta: "C\nC@0,1@0,170~a7;" },
    { what: "a copy that begins after the base", delta: "C\nC@1,170~a7;" },
    { what: "a copy of more than the base", delta: "D\nD@0,170~a7;" },
    { what: "a copy without a length", delta: "C\n@0,C@0,170~a7;" },
    { what: "a copy without an offset", delta: "C\nC@,170~a7;" },
    { what: "a copy without a comma", delta: "C\nC@0;170~a7;" },
    { what: "a literal that is cut off", delta: "C\nC:hello" },
    { what: "an unknown command", delta: "C\nC?0,170~a7;" },
    { what: "a byte outside ASCII for a digit", delta: "C\nÃ@0,170~a7;" },
    { what: "numbers above 32 bits", delta: "~~~~~~\n~~~~~~@0,0;" },
    { what: "endless digits", delta: `${"~".repeat(100_000)}\n` },
    { what: "something after the end", delta: "C\nC@0,170~a7;0" },
  ])("refuses $what", ({ delta }) => {
    expect(applied(BASE, delta)).toBeNull();
  });

  test("refuses a text above the limit before it builds it", () => {
    expect(applied(BASE, "C\nC@0,170~a7;", 12)).toBe(BASE);
    expect(applied(BASE, "C\nC@0,170~a7;", 11)).toBeNull();
    expect(applied(BASE, "3~~~~~\n3~~~~~@0,0;")).toBeNull();
  });

  test("reads a delta inside a larger array", () => {
    const frame = bytes("..C\nC@0,170~a7;..");
    const result = applyFossil(bytes(BASE), frame.subarray(2, -2), MAX_BYTES);
    expect(Buffer.from(result ?? []).toString()).toBe(BASE);
  });

  test.each(streams(7))("applies what both encoders make of $name", ({ messages }) => {
    const encoder = new FossilEncoder();
    let base = bytes(messages[0] ?? "");
    for (const message of messages.slice(1, 200)) {
      const next = bytes(message);
      const ours = encoder.encode(base, next);
      for (const delta of [createDelta(base, next), ...(ours === null ? [] : [ours])])
        expect(Buffer.compare(applyFossil(base, delta, MAX_BYTES) ?? bytes(""), next)).toBe(0);
      base = next;
    }
  });
});

const text = fc.array(fc.constantFrom(..."ab{}01~@,:;\n".split("")), { maxLength: 300 });
const anyBytes = fc.oneof(
  text.map((characters) => bytes(characters.join(""))),
  fc.uint8Array({ maxLength: 300 }),
);

test("applyFossil() returns the text that the stock encoder was given", () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.nat(300), (base, other, cut) => {
      const next = Uint8Array.from([...base.subarray(0, cut), ...other, ...base.subarray(cut)]);
      for (const target of [other, next]) {
        const result = applyFossil(base, createDelta(base, target), MAX_BYTES);
        expect(result).toEqual(target);
      }
    }),
    { numRuns: 500 },
  );
});

test("applyFossil() returns the same as the stock decoder for a damaged delta, or nothing, and never throws", () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.nat(400), fc.nat(255), (base, next, at, byte) => {
      const delta = createDelta(base, next);
      delta[at % delta.length] = byte;
      const damaged = at % 3 === 0 ? delta.subarray(0, at % delta.length) : delta;
      const result = applyFossil(base, damaged, MAX_BYTES);
      if (result !== null) expect(result).toEqual(applyDelta(base, damaged));
    }),
    { numRuns: 2000 },
  );
});
