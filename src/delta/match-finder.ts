// Finds what the next text has in common with the base. Made for consecutive states of one thing:
// most of the text is the same, values change here and there, sometimes parts move. Of a delta
// format it knows the costs and nothing else. In this order: common prefix and suffix, the same
// field behind a changed value, the index of the base. Every part is bounded, so that no input,
// however repetitive, costs more than some 30 ns a byte.

import type { Arena } from "./arena.ts";
import { HASHED_BYTES } from "./base-index.ts";
import { BestMatch } from "./best-match.ts";
import { Copies } from "./copies.ts";
import type { CopyCosts } from "./copies.ts";
import { walkFields } from "./field-walk.ts";
import { Middle } from "./middle.ts";

// After so many searches in vain in a row, as a power of two, the steps become one byte longer, as
// in LZ4, up to a bound. What is stepped over is won back when the next match is extended
// backwards.
const MISSES_PER_STEP_BITS = 6;
const MAX_EXTRA_STEP_BYTES = 16;
const EXHAUSTED_STEP_BYTES = 8;

// So many walks may fail in a row before the text is taken for one without fields. Below a certain
// size there are none: an index of so few bytes costs less.
const WALK_CREDIT = 6;
const MIN_WALK_BASE_BYTES = 256;

// Bytes by which the delta may seem to exceed its limit before the search ends: a literal that is
// still open gets shorter when the next match is extended backwards.
const OPEN_LITERAL_BYTES = 64;

/** Finds the copies for one encoder, in memory that is reused. */
export class MatchFinder {
  /** What the last `find` found, valid until the next. */
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
   * Compares the two texts in the arena and leaves in `copies` what to copy.
   *
   * `false` as soon as it is clear that a delta would not have fewer than `limitBytes`; `copies` is
   * then of no use.
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
