// Inputs of the maximum size that are expensive to match: endless repetitions, periods that are
// shifted, few different bytes, and matches that are just too short. They must decode like
// any other input. The bench checks that they take no longer than 2 ms.

import { describe, expect, test } from "bun:test";
import { decode } from "@ably/vcdiff-decoder";
import { applyDelta } from "fossil-delta";
import { hostilePairs } from "../../../bench/corpus.ts";
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";

const fossil = new FossilEncoder();
const vcdiff = new VcdiffEncoder();

describe.each(hostilePairs(1))("$name", ({ base, next }) => {
  test("decodes from a Fossil delta", () => {
    const delta = fossil.encode(base, next);
    if (delta === null) throw new Error("no delta for inputs that are not too long");
    expect(delta.length).toBeLessThan(next.length + 20);
    expect(Buffer.compare(applyDelta(base, delta), next)).toBe(0);
  });

  test("decodes from a VCDIFF delta", () => {
    const delta = vcdiff.encode(base, next);
    if (delta === null) throw new Error("no delta for inputs that are not too long");
    expect(delta.length).toBeLessThan(next.length + 40);
    expect(Buffer.compare(decode(delta, base), next)).toBe(0);
  });
});
