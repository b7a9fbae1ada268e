// Finds what the next text has in common with the base. It is made for consecutive states of one object:
// most of the text is unchanged, some values differ, and sometimes parts have moved. It tries in this
// order: common prefix and suffix, the same field after a changed value, the index of the base. All it
// knows about the output format is what copies cost. Every step is bounded, so that even the most
// repetitive input costs no more than about 30 ns a byte.

import type { Arena } from "./arena.ts";
import { HASHED_BYTES } from "./base-index.ts";
import { BestMatch } from "./best-match.ts";
import { Copies } from "./copies.ts";
import type { CopyCosts } from "./copies.ts";
import { walkFields } from "./field-walk.ts";
import { Middle } from "./middle.ts";

// After 2 to this power unsuccessful searches in a row, the step grows by one byte, as in LZ4, up to a
// bound. A match that begins in skipped bytes is not lost, because matches are extended backwards.
const MISSES_PER_STEP_BITS = 6;
const MAX_EXTRA_STEP_BYTES = 16;
const EXHAUSTED_STEP_BYTES = 8;

// After this many failed field walks in a row, the text is assumed to have no fields. Small texts get no
// walks, because an index of so few bytes costs less.
const WALK_CREDIT = 6;
const MIN_WALK_BASE_BYTES = 256;

// The search goes on until the delta exceeds its limit by this many bytes, because the literal at the
// end may still get shorter when the next match is extended backwards.
const OPEN_LITERAL_BYTES = 64;

/** Finds the copies for one encoder. Its memory is reused. */
export class MatchFinder {
  /** The result of the last `find`, valid until the next. */
  readonly copies: Copies;
  readonly #arena: Arena;
  readonly #middle: Middle = new Middle();
  readonly #match: BestMatch;

  constructor(arena: Arena, costs: CopyCosts) {
    this.#arena = arena;
    this.copies = new Copies(costs, arena.maxInputBytes);
    this.#match = new BestMatch(arena, this.copies);
  }

  /**
   * Compares the two texts in the arena and puts the result into `copies`.
   *
   * Returns false as soon as it is clear that the delta would not be shorter than `limitBytes`; then
   * `copies` is incomplete.
   */
  find(limitBytes: number): boolean {
    const copies = this.copies;
    const middle = this.#middle;
    middle.trim(this.#arena, copies);
    if (!this.#search(limitBytes + OPEN_LITERAL_BYTES)) return false;
    if (middle.suffixBytes > 0) copies.push(middle.nextEnd, middle.baseEnd, middle.suffixBytes);
    return true;
  }

  #search(limitBytes: number): boolean {
    const copies = this.copies;
    const match = this.#match;
    const lastAt = this.#middle.nextEnd - HASHED_BYTES;
    let literalFrom = copies.end;
    let at = literalFrom;
    let walksLeft = this.#arena.baseLength < MIN_WALK_BASE_BYTES ? 0 : WALK_CREDIT;
    let misses = 0;
    match.begin(this.#middle.nextEnd);
    while (at <= lastAt && !match.overdrawn) {
      if (copies.leastBytes(at) >= limitBytes) return false;
      if (at === literalFrom && walksLeft > 0) {
        const walkedTo = walkFields(this.#arena, copies, this.#middle, at);
        if (walkedTo > at) {
          walksLeft = WALK_CREDIT;
          literalFrom = copies.end;
          at = walkedTo;
          continue;
        }
        walksLeft--;
      }
      if (!match.search(at, literalFrom)) {
        at += match.exhausted ? EXHAUSTED_STEP_BYTES : 1;
        at += Math.min(misses >> MISSES_PER_STEP_BITS, MAX_EXTRA_STEP_BYTES);
        misses++;
        continue;
      }
      misses = 0;
      match.absorb();
      copies.push(match.at, match.from, match.length);
      at = literalFrom = copies.end;
    }
    return copies.leastBytes(this.#middle.nextEnd) < limitBytes;
  }
}
