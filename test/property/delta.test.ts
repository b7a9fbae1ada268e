// Both delta encoders against independent decoders: the encoding of any pair of texts must decode
// to the second text, whatever the same instance encoded before. The texts resemble each other in
// the ways that real ones do: values change, parts move, and everything repeats.

import { describe, expect, test } from "bun:test";
import { decode } from "@ably/vcdiff-decoder";
import * as fc from "fast-check";
import { applyDelta } from "fossil-delta";
import { FossilEncoder } from "../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../src/delta/vcdiff.ts";
import { decodeStrictly } from "../unit/delta/strict-vcdiff.ts";

type Bytes = Uint8Array;

interface Pair {
  readonly base: Bytes;
  readonly next: Bytes;
}

// ---- the generators -------------------------------------------------------------------------

interface Edit {
  readonly kind: "insert" | "delete" | "replace" | "move" | "repeat";
  readonly at: number;
  readonly to: number;
  readonly length: number;
  readonly bytes: Bytes;
}

/** Any bytes, bytes from a small set, so that every sequence occurs many times, or one short repeated part. */
function anyBytes(minLength: number, maxLength: number): fc.Arbitrary<Bytes> {
  // Lengths spread over the whole range. By default most would be under ten bytes.
  const lengths = { minLength, maxLength, size: "max" } as const;
  const few = fc.array(fc.constantFrom(0x2c, 0x5d, 0x61, 0x62), lengths);
  const period = fc.uint8Array({ minLength: 1, maxLength: 12 });
  return fc.oneof(
    fc.uint8Array(lengths),
    few.map((codes) => Uint8Array.from(codes)),
    fc
      .tuple(period, fc.integer({ min: minLength, max: maxLength }))
      .map(([part, length]) => Uint8Array.from({ length }, (_, at) => part[at % part.length] ?? 0)),
    fc
      .string({ ...lengths, unit: "grapheme" })
      .map((text) => new TextEncoder().encode(text).slice(0, maxLength)),
    fc
      .array(fc.json({ maxDepth: 2 }), { maxLength: maxLength >> 4, size: "max" })
      .map((texts) => new TextEncoder().encode(`[${texts.join()}]`).slice(0, maxLength)),
  );
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("insert", "delete", "replace", "move", "repeat"),
  at: fc.nat(12_000),
  to: fc.nat(12_000),
  length: fc.nat(60),
  bytes: fc.uint8Array({ maxLength: 12 }),
});

function apply(base: Bytes, { kind, at, to, length, bytes }: Edit): Bytes {
  const start = at % (base.length + 1);
  const end = Math.min(start + length, base.length);
  const part = base.subarray(start, end);
  if (kind === "insert") return joined(base.subarray(0, start), bytes, base.subarray(start));
  if (kind === "replace") return joined(base.subarray(0, start), bytes, base.subarray(end));
  const rest = joined(base.subarray(0, start), base.subarray(end));
  if (kind === "delete") return rest;
  const from = kind === "move" ? rest : base;
  const target = to % (from.length + 1);
  return joined(from.subarray(0, target), part, from.subarray(target));
}

function joined(...parts: readonly Bytes[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function anyPair(minLength: number, maxLength: number): fc.Arbitrary<Pair> {
  const edited = fc
    .tuple(anyBytes(minLength, maxLength), fc.array(edit, { maxLength: 8 }))
    .map(([base, edits]) => ({ base, next: edits.reduce(apply, base) }));
  return fc.oneof(
    { weight: 4, arbitrary: edited },
    {
      weight: 1,
      arbitrary: fc.record({
        base: anyBytes(minLength, maxLength),
        next: anyBytes(minLength, maxLength),
      }),
    },
  );
}

/** Texts made of fields, in which some values change, rows change places, and a row is added or removed. */
const fieldPair: fc.Arbitrary<Pair> = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(99), fc.nat(1e6), fc.constantFrom("idle", "walking", "gone")), {
      maxLength: 60,
      size: "max",
    }),
    fc.array(fc.tuple(fc.nat(59), fc.nat(1e6)), { maxLength: 6 }),
    fc.nat(59),
    fc.integer({ min: -1, max: 1 }),
  )
  .map(([rows, changes, pivot, change]) => {
    const base = rows.map(([id, value, state]) => ({ id, value, state }));
    const next = structuredClone(base);
    for (const [index, value] of changes) {
      const row = next[index];
      if (row !== undefined) row.value = value;
    }
    next.push(...next.splice(0, pivot % (next.length + 1)));
    if (change < 0) next.shift();
    if (change > 0) next.unshift({ id: 100, value: 5, state: "idle" });
    const encoder = new TextEncoder();
    return {
      base: encoder.encode(JSON.stringify({ rows: base })),
      next: encoder.encode(JSON.stringify({ rows: next })),
    };
  });

// ---- the properties -------------------------------------------------------------------------

const MAX_INPUT_BYTES = 16_000;

const FORMATS = [
  {
    name: "FossilEncoder",
    encoder: new FossilEncoder(MAX_INPUT_BYTES),
    decoded: (base: Bytes, delta: Bytes): Bytes => applyDelta(base, delta),
  },
  {
    name: "VcdiffEncoder",
    encoder: new VcdiffEncoder(MAX_INPUT_BYTES),
    decoded: (base: Bytes, delta: Bytes): Bytes => {
      const strictly = decodeStrictly(delta, base).target;
      expect(Buffer.compare(strictly, decode(delta, base))).toBe(0);
      return strictly;
    },
  },
] as const;

describe.each(FORMATS)("$name", ({ encoder, decoded }) => {
  function expectRoundTrip({ base, next }: Pair): void {
    const delta = encoder.encode(base, next);
    if (delta === null) throw new Error("no delta for inputs that are not too long");
    expect(Buffer.compare(decoded(base, delta), next)).toBe(0);
  }

  test("encode() returns a delta from which the decoder reconstructs the next text", () => {
    fc.assert(fc.property(anyPair(0, 300), expectRoundTrip), { numRuns: 1500, seed: 20_260_801 });
  });

  test("encode() is correct for large texts, whose index has gaps", () => {
    fc.assert(fc.property(anyPair(2000, 12_000), expectRoundTrip), {
      numRuns: 150,
      seed: 20_260_802,
    });
  });

  test("encode() is correct for texts made of fields", () => {
    fc.assert(fc.property(fieldPair, expectRoundTrip), { numRuns: 500, seed: 20_260_803 });
  });

  test("encode() with a limit returns the same delta if that is shorter, else null", () => {
    const property = fc.property(anyPair(0, 200), fc.nat(260), ({ base, next }, limitBytes) => {
      const whole = encoder.encode(base, next)?.slice();
      if (whole === undefined) throw new Error("no delta for inputs that are not too long");
      const limited = encoder.encode(base, next, limitBytes);
      expect(limited === null).toBe(whole.length >= limitBytes);
      if (limited !== null) expect(Buffer.compare(limited, whole)).toBe(0);
    });
    fc.assert(property, { numRuns: 1000, seed: 20_260_804 });
  });

  test("encode() returns the same with a used and with a new instance, and leaves its inputs unchanged", () => {
    const fresh = encoder instanceof FossilEncoder ? FossilEncoder : VcdiffEncoder;
    const property = fc.property(anyPair(0, 200), ({ base, next }) => {
      const [baseBefore, nextBefore] = [base.slice(), next.slice()];
      const used = encoder.encode(base, next)?.slice() ?? new Uint8Array();
      const first = new fresh(1000).encode(base, next) ?? new Uint8Array();
      expect(Buffer.compare(used, first)).toBe(0);
      expect([base, next]).toEqual([baseBefore, nextBefore]);
    });
    fc.assert(property, { numRuns: 300, seed: 20_260_805 });
  });
});
