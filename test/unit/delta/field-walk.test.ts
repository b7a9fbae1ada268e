import { describe, expect, test } from "bun:test";
import { Arena } from "../../../src/delta/arena.ts";
import { Copies } from "../../../src/delta/copies.ts";
import { walkFields } from "../../../src/delta/field-walk.ts";
import { Middle } from "../../../src/delta/middle.ts";

const COSTS = { shortestBytes: 4, longLength: 64, offsetBitsPerByte: 6, splitBytes: 2 };
const LONG = '"description":"the same for ever and ever"';

/**
 * Walks from the end of the common prefix. Returns where the walk ended, and what it copied after the prefix.
 */
function walked(base: string, next: string): { to: string; copied: readonly string[] } {
  const encoder = new TextEncoder();
  const arena = new Arena(1000);
  const copies = new Copies(COSTS, 1000);
  const middle = new Middle();
  arena.load(encoder.encode(base), encoder.encode(next));
  middle.trim(arena, copies);
  const at = copies.end;
  const before = copies.count;
  const to = walkFields(arena, copies, middle, at);
  const copied = Array.from({ length: copies.count - before }, (_, index) => {
    const copyAt = copies.at(before + index);
    return next.slice(copyAt, copyAt + copies.length(before + index));
  });
  return { to: to === at ? "" : next.slice(to), copied };
}

describe("walkFields()", () => {
  test("continues after a value of a different length", () => {
    const { to, copied } = walked(
      `{"price":1.25,${LONG},"id":1,"z":"z"}`,
      `{"price":13.7,${LONG},"id":2,"z":"z"}`,
    );
    expect(to).toBe('2,"z":"z"}');
    expect(copied).toEqual([`,${LONG},"id":`]);
  });

  test("also copies the last digits of a value if they are the same", () => {
    const { copied } = walked(
      `{"price":17.25,${LONG},"id":1,"z":"z"}`,
      `{"price":234.25,${LONG},"id":2,"z":"z"}`,
    );
    expect(copied).toEqual([`.25,${LONG},"id":`]);
  });

  test("skips a field that is too short to copy", () => {
    const { copied } = walked(
      `{"price":1,"b":2,${LONG},"id":1,"z":"z"}`,
      `{"price":3,"b":44,${LONG},"id":2,"z":"z"}`,
    );
    expect(copied).toEqual([`,${LONG},"id":`]);
  });

  test("continues to the end of the middle if the texts end alike", () => {
    const { to, copied } = walked(`{"price":1.25,${LONG}}`, `{"price":13.7,${LONG}}`);
    expect(to).toBe(`,${LONG}}`);
    expect(copied).toEqual([]);
  });

  test("does not extend a match past the start of the base", () => {
    // Zeros, as before the base in the arena.
    const { copied } = walked(`,${LONG},"id":1,"z":"z"}`, `\0\0,${LONG},"id":2,"z":"z"}`);
    expect(copied).toEqual([`,${LONG},"id":`]);
  });

  test("copies nothing if it finds no common field", () => {
    const base = `{"price":1,"amount":20,"colour":"red","x":1,"y":2}`;
    const next = `{"price":7,"amount":31,"colour":"blue","x":2,"y":3}`;
    expect(walked(base, next)).toEqual({ to: "", copied: [] });
  });

  test("copies nothing if too much would have to be written", () => {
    const base = `{"text":"a short one",${LONG},"id":1,"z":"z"}`;
    const next = `{"text":"something else altogether",${LONG},"id":2,"z":"z"}`;
    expect(walked(base, next)).toEqual({ to: "", copied: [] });
  });
});
