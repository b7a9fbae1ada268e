// A shortcut past a changed value: if only a value has changed, both texts continue identically after the
// value's end. This needs no index of the base, which is what makes updates of large texts cheap. The
// only knowledge of JSON is where values end, and a wrong guess costs time, never correctness.

import type { Arena } from "./arena.ts";
import { equalBackward, equalForward } from "./compare.ts";
import type { Copies } from "./copies.ts";
import type { Middle } from "./middle.ts";

/**
 * A match of this length is accepted at once: the texts run in parallel again, and a search for a
 * longer match rarely pays.
 */
export const LONG_MATCH_BYTES = 24;

// How many bytes a walk may add to the output before it gives up in favour of the index, which may find
// a row that has moved. Measured on a leaderboard of 50 rows: 74 bytes a message with 12, 76 with 32,
// 109 without a bound.
const MAX_WRITTEN_BYTES = 12;
const BYTES_PER_COPY = 5;

// Bounds on the work of one walk.
const MAX_FIELD_COUNT = 6;
const MAX_FIELD_BYTES = 32;

const COMMA = 0x2c;
// The closing brackets `]` and `}` differ in one bit; both have this value when that bit is cleared.
const BRACKET = 0x5d;
const BRACKET_MASK = 0xdf;

/**
 * Walks from field to field after the last copy, in both texts in parallel, and adds the unchanged
 * parts to `copies`, until a long match shows that the texts run in parallel again. `at` is the position
 * in the next text at which the last copy ends.
 *
 * Returns the position in the next text at which to continue. If the walk fails, that is `at`, and
 * `copies` is unchanged.
 */
export function walkFields(arena: Arena, copies: Copies, middle: Middle, at: number): number {
  const { bytes, view, baseAt, baseLength } = arena;
  const { nextEnd, baseEnd } = middle;
  const countBefore = copies.count;
  let literalFrom = at;
  let next = at;
  let base = at + copies.diagonal;
  let writtenBytes = 0;
  for (let field = 0; field < MAX_FIELD_COUNT && base <= baseEnd; field++) {
    const nextStop = Math.min(nextEnd, next + MAX_FIELD_BYTES);
    const baseStop = Math.min(baseEnd, base + MAX_FIELD_BYTES);
    next = fieldEnd(bytes, next, nextStop);
    base = fieldEnd(bytes, baseAt + base, baseAt + baseStop) - baseAt;
    if (next === nextStop || base === baseStop) {
      const inStep = next === nextEnd && base === baseEnd && middle.suffixBytes >= LONG_MATCH_BYTES;
      if (inStep && writtenBytes + next - literalFrom <= MAX_WRITTEN_BYTES) return nextEnd;
      break;
    }
    const max = Math.min(nextEnd - next, baseLength - base);
    const forward = equalForward(view, next, baseAt + base, max);
    const back = equalBackward(view, next, baseAt + base, Math.min(next - literalFrom, base));
    const literalBytes = next - back - literalFrom;
    if (copies.gain(forward + back, base - back, literalBytes > 0) > 0) {
      writtenBytes += literalBytes;
      if (writtenBytes > MAX_WRITTEN_BYTES) break;
      copies.push(next - back, base - back, forward + back);
      if (forward + back >= LONG_MATCH_BYTES) return next + forward;
      writtenBytes += BYTES_PER_COPY;
      literalFrom = next + forward;
    }
    next += Math.max(forward, 1);
    base += Math.max(forward, 1);
  }
  copies.truncate(countBefore);
  return at;
}

// The position of the first comma or closing bracket from `at` on, or `end`.
function fieldEnd(bytes: Uint8Array, at: number, end: number): number {
  let place = at;
  while (place < end) {
    const byte = bytes[place] ?? 0;
    if (byte === COMMA || (byte & BRACKET_MASK) === BRACKET) return place;
    place++;
  }
  return place;
}
