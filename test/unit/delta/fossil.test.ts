import { describe, expect, test } from "bun:test";
import { applyDelta, createDelta } from "fossil-delta";
import { streams } from "../../../bench/corpus.ts";
import { FossilEncoder } from "../../../src/delta/fossil.ts";

const encoder = new TextEncoder();

function encoded(base: string, next: string, limitBytes?: number): string | null {
  const delta = new FossilEncoder().encode(encoder.encode(base), encoder.encode(next), limitBytes);
  return delta === null ? null : Buffer.from(delta).toString();
}

describe("FossilEncoder", () => {
  // The last number of each delta is the checksum that the reference encoder writes for that text.
  test.each([
    { what: "both empty", base: "", next: "", delta: "0\n0;" },
    { what: "empty next", base: "gone", next: "", delta: "0\n0;" },
    { what: "empty base", base: "", next: "hello", delta: "5\n5:hello3NPMmh;" },
    { what: "equal texts", base: "hello, world", next: "hello, world", delta: "C\nC@0,170~a7;" },
    {
      what: "a changed middle",
      base: '{"id":1,"value":100,"unit":"mm"}',
      next: '{"id":1,"value":2375,"unit":"mm"}',
      delta: "X\nG@0,4:2375D@J,2SRqdq;",
    },
    {
      what: "a text that is appended to",
      base: "one two three",
      next: "one two three four",
      delta: "I\nD@0,5: fourntApK;",
    },
    { what: "texts too short to copy", base: "abcd", next: "abce", delta: "4\n4:abce1XObDa;" },
  ])("encode() of $what follows the format", ({ base, next, delta }) => {
    const written = encoded(base, next);
    expect(written).toBe(delta);
    const applied = applyDelta(encoder.encode(base), encoder.encode(written ?? ""));
    expect(Buffer.from(applied).toString()).toBe(next);
  });

  test("encode() finds a part that has moved", () => {
    const [first, second] = ["the first sentence of the two. ", "and this one is the second. "];
    expect(encoded(first + second, second + first)).toBe("w\nS@V,V@0,3877yw;");
  });

  test("encode() prefers the long match that begins a byte later", () => {
    const delta = encoded("xabcdefg..bcdefghijklmnopqrst", "12xabcdefghijklmnopqrst34");
    expect(delta).toContain("J@A,");
  });

  test("encode() does not extend a match past the start of the base", () => {
    // Zeros, as before the base in the encoder's memory.
    const base = "the whole of the base, from its beginning";
    const delta = encoded(base, `next: \0\0\0${base} and more`);
    expect(delta).toBe("w\n9:next: \0\0\0e@0,9: and more3HPhdU;");
  });

  test("encode() does not let a match absorb a copy past the start of the base", () => {
    const long = "the long part that is at the beginning";
    const delta = encoded(`${long}=abcdef\0\0=`, `+${"-".repeat(13)}abcdef\0\0${long}+`);
    expect(delta).toBe(`y\nE:+${"-".repeat(13)}8@c,b@0,1:+2dZw3q;`);
  });

  test("encode() returns null for a limit up to the size of the delta, and the delta for one byte more", () => {
    const [base, next] = ['{"a":1,"b":"the same"}', '{"a":2,"b":"the same"}'];
    const length = encoded(base, next)?.length ?? 0;
    expect(length).toBeGreaterThan(0);
    expect(encoded(base, next, length)).toBeNull();
    expect(encoded(base, next, 0)).toBeNull();
    expect(encoded(base, next, length + 1)).toBe(encoded(base, next));
  });

  test("encode() returns null for texts that have nothing in common, with the size of the text as the limit", () => {
    const base = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) & 127);
    const next = Uint8Array.from({ length: 5000 }, (_, at) => 128 | ((at * 104_729) & 127));
    expect(new FossilEncoder().encode(base, next, next.length)).toBeNull();
    expect(new FossilEncoder().encode(base, next)?.length).toBeLessThan(5020);
  });

  test("encode() returns null if either text exceeds the maximum size", () => {
    const small = new FossilEncoder(100);
    const [fits, tooLong] = [new Uint8Array(100), new Uint8Array(101)];
    expect(small.encode(fits, fits)).not.toBeNull();
    expect(small.encode(tooLong, fits)).toBeNull();
    expect(small.encode(fits, tooLong)).toBeNull();
  });

  test("the result stays valid until the next call", () => {
    const one = new FossilEncoder();
    const result = one.encode(encoder.encode("hello"), encoder.encode("hello, you"));
    expect(Buffer.from(result ?? []).toString()).toBe("A\n5@0,5:, you171doa;");
    one.encode(encoder.encode(""), encoder.encode("something else"));
    expect(Buffer.from(result ?? []).toString()).not.toBe("A\n5@0,5:, you171doa;");
  });
});

describe("FossilEncoder compared with the reference encoder, on the streams of the corpus", () => {
  const fossil = new FossilEncoder();
  const totals = streams(1).map(({ name, messages }) => {
    const texts = messages.map((message) => encoder.encode(message));
    const total = { name, bytes: 0, referenceBytes: 0, worst: 0 };
    for (const [index, next] of texts.entries()) {
      const base = texts[index - 1] ?? new Uint8Array();
      const delta = fossil.encode(base, next) ?? next;
      expect(Buffer.compare(applyDelta(base, delta), next)).toBe(0);
      const referenceBytes = createDelta(base, next).length;
      total.bytes += delta.length;
      total.referenceBytes += referenceBytes;
      total.worst = Math.max(total.worst, delta.length - referenceBytes);
    }
    return total;
  });

  test.each(totals)("$name: fewer bytes in total", ({ bytes, referenceBytes }) => {
    expect(bytes).toBeLessThan(referenceBytes);
  });

  test.each(totals)("$name: no message is more than two bytes larger", ({ worst }) => {
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("tickers, in which every number changes, take a quarter fewer bytes", () => {
    const tickers = totals.find(({ name }) => name === "tickers");
    if (tickers === undefined) throw new Error("no tickers in the corpus");
    expect(tickers.bytes).toBeLessThanOrEqual(0.75 * tickers.referenceBytes);
  });
});
