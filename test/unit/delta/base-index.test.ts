import { describe, expect, test } from "bun:test";
import { Arena } from "../../../src/delta/arena.ts";
import { BaseIndex, MAX_CANDIDATE_COUNT } from "../../../src/delta/base-index.ts";

const encoder = new TextEncoder();

function loaded(base: string, next: string): Arena {
  const arena = new Arena(20_000);
  expect(arena.load(encoder.encode(base), encoder.encode(next))).toBe(true);
  return arena;
}

function found(index: BaseIndex, at: number): readonly number[] {
  const candidates = new Int32Array(MAX_CANDIDATE_COUNT);
  return [...candidates.subarray(0, index.find(at, candidates))];
}

describe("BaseIndex", () => {
  test("find() returns all positions of six bytes, in ascending order", () => {
    const index = new BaseIndex(loaded("--abcdef--abcdef---abcdef", "abcdef"));
    index.build();
    expect(found(index, 0)).toEqual([2, 10, 19]);
  });

  test("find() returns nothing for bytes that are not in the base", () => {
    const index = new BaseIndex(loaded("abcdefghijkl", "abxdefghijkl"));
    index.build();
    expect(found(index, 0)).toEqual([]);
  });

  test.each(["", "abcde"])("a base of %j has no positions", (base) => {
    const index = new BaseIndex(loaded(base, "abcdef"));
    index.build();
    expect(found(index, 0)).toEqual([]);
  });

  test("build() forgets the previous base", () => {
    const arena = loaded("0123456789", "0123456789");
    const index = new BaseIndex(arena);
    index.build();
    expect(found(index, 2)).toEqual([2]);
    arena.load(encoder.encode("abcdefghij"), encoder.encode("0123456789"));
    index.build();
    expect(found(index, 2)).toEqual([]);
  });

  test("build() starts over when the entry numbers are used up", () => {
    const arena = loaded("0123456789", "0123456789");
    const index = new BaseIndex(arena, 2 ** 31 - 8);
    for (let turn = 0; turn < 3; turn++) {
      index.build();
      expect(found(index, 3)).toEqual([3]);
    }
  });

  test.each([
    { baseLength: 2000, stride: 1 },
    { baseLength: 8000, stride: 2 },
    { baseLength: 20_000, stride: 4 },
  ])("a base of $baseLength bytes is indexed every $stride bytes", ({ baseLength, stride }) => {
    // Four digits per position, so that any six bytes occur once.
    const base = Array.from({ length: baseLength / 4 }, (_, at) => String(1000 + at)).join("");
    const index = new BaseIndex(loaded(base, base));
    index.build();
    for (let at = 400; at < 424; at++) {
      expect(found(index, at).includes(at)).toBe(at % stride === 0);
    }
  });

  test("find() returns only the first positions of a repeated run", () => {
    const index = new BaseIndex(loaded("a".repeat(500), "aaaaaaa"));
    index.build();
    expect(found(index, 0)).toEqual(Array.from({ length: MAX_CANDIDATE_COUNT }, (_, at) => at));
  });

  test("find() returns fewer positions the more of the budget is used, until build() resets it", () => {
    const index = new BaseIndex(loaded("a".repeat(500), "aaaaaaa"));
    const placesCounts: number[] = [];
    index.build();
    while (!index.overdrawn && placesCounts.length < 100_000) {
      const exhausted = index.exhausted;
      const count = found(index, 0).length;
      expect(count === 1).toBe(exhausted);
      if (count !== placesCounts.at(-1)) placesCounts.push(count);
    }
    expect(placesCounts).toEqual([MAX_CANDIDATE_COUNT, 4, 1]);
    index.build();
    expect([index.exhausted, index.overdrawn]).toEqual([false, false]);
    expect(found(index, 0)).toHaveLength(MAX_CANDIDATE_COUNT);
  });
});
