import { describe, expect, test } from "bun:test";
import { Arena } from "../../../src/delta/arena.ts";
import { MatchFinder } from "../../../src/delta/match-finder.ts";

const COSTS = { shortestBytes: 4, longLength: 64, offsetBitsPerByte: 6, splitBytes: 2 };
const SAME = "what stays the same, over and over, ";

/** The copied parts of `next`, or nothing if the search gave up. */
function copied(base: string, next: string, limitBytes: number): readonly string[] | null {
  const encoder = new TextEncoder();
  const arena = new Arena(5000);
  const finder = new MatchFinder(arena, COSTS);
  arena.load(encoder.encode(base), encoder.encode(next));
  if (!finder.find(limitBytes)) return null;
  const { copies } = finder;
  return Array.from({ length: copies.count }, (_, index) =>
    next.slice(copies.at(index), copies.at(index) + copies.length(index)),
  );
}

describe("MatchFinder", () => {
  test("find() gives up when the literals reach the limit", () => {
    const [base, next] = ["a".repeat(2000), "b".repeat(2000)];
    expect(copied(base, next, 1000)).toBeNull();
    expect(copied(base, next, 3000)).toEqual([]);
  });

  test("find() copies both ends and parts that have moved between them", () => {
    const moved = "[a part that moves about]";
    const base = `${SAME}one${moved}two, three${SAME}`;
    const next = `${SAME}six or seven${moved}, eight${SAME}`;
    expect(copied(base, next, 1000)).toEqual([SAME, moved, SAME]);
  });

  test("find() replaces a short copy by a long one that covers it", () => {
    // "bcdefgh" comes first in the base and is found first; the long part contains it too.
    const long = "abcdefgh-ijklmnopqrstuvwxyz-0123456789";
    const base = `abcdefg!${long.slice(0, 8)}?${long}`;
    const next = `+-+-+-+-+-+-+${long}=`;
    expect(copied(base, next, 1000)).toEqual([long]);
  });

  test("find() copies nothing that is shorter than the copy's encoding", () => {
    expect(copied("abc-----------", "+abc+abc+abc+abc", 1000)).toEqual([]);
  });
});
