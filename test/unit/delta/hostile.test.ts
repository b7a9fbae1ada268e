// Inputs of the greatest size, made to keep a matcher busy: endless repetitions, periods that are
// out of step, few different bytes, and matches that are just too short. They must come back like
// any other; that they take no longer than 2 ms is for the bench to show.

import { describe, expect, test } from "bun:test";
import { decode } from "@ably/vcdiff-decoder";
import { applyDelta } from "fossil-delta";
import { hostilePairs } from "../../../bench/corpus.ts";
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";

const fossil = new FossilEncoder();
const vcdiff = new VcdiffEncoder();

describe.each(hostilePairs(1))("$name", ({ base, next }) => {
  test("comes back from a Fossil delta", () => {
    const delta = fossil.encode(base, next);
    if (delta === null) throw new Error("no delta for inputs that are not too long");
    expect(delta.length).toBeLessThan(next.length + 20);
    expect(Buffer.compare(applyDelta(base, delta), next)).toBe(0);
  });

  test("comes back from a VCDIFF delta", () => {
    const delta = vcdiff.encode(base, next);
    if (delta === null) throw new Error("no delta for inputs that are not too long");
    expect(delta.length).toBeLessThan(next.length + 40);
    expect(Buffer.compare(decode(delta, base), next)).toBe(0);
  });
});
