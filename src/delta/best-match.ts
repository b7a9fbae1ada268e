// Finds the best match for one position of the next text. Candidates are the continuation of the last
// copy and what the index finds; the one that saves the most bytes wins. Only `absorb` changes the list
// of copies: it removes earlier copies that the match makes superfluous.

import type { Arena } from "./arena.ts";
import { BaseIndex, HASHED_BYTES, MAX_CANDIDATE_COUNT } from "./base-index.ts";
import { equalBackward, equalForward } from "./compare.ts";
import type { Copies } from "./copies.ts";
import { LONG_MATCH_BYTES } from "./field-walk.ts";

// A match of this length is taken without comparing further candidates.
const ENDLESS_MATCH_BYTES = 96;

// A copy longer than this is never given up for a later match.
const ABSORB_MAX_BYTES = 32;

/** Searches the base of one encode at a time. The result stays in `at`, `from` and `length`. */
export class BestMatch {
  readonly #arena: Arena;
  readonly #copies: Copies;
  readonly #index: BaseIndex;
  readonly #candidates = new Int32Array(MAX_CANDIDATE_COUNT);
  #indexed = false;
  #nextEnd = 0;
  #gain = 0;
  #at = 0;
  #from = 0;
  #length = 0;

  constructor(arena: Arena, copies: Copies) {
    this.#arena = arena;
    this.#copies = copies;
    this.#index = new BaseIndex(arena);
  }

  /** Where the match begins in the next text. */
  get at(): number {
    return this.#at;
  }

  /** Where the match begins in the base. */
  get from(): number {
    return this.#from;
  }

  /** Length of the match in bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Whether the search of this encode has become costly, so that the caller should search at fewer
   * positions.
   */
  get exhausted(): boolean {
    return this.#indexed && this.#index.exhausted;
  }

  /** Whether the search of this encode has become so costly that the caller must stop searching. */
  get overdrawn(): boolean {
    return this.#indexed && this.#index.overdrawn;
  }

  /** Starts an encode of the inputs in the arena. Matches end at `nextEnd` at the latest. */
  begin(nextEnd: number): void {
    this.#nextEnd = nextEnd;
    this.#indexed = false;
  }

  /**
   * Finds a match for the bytes at `at` that saves something; false if there is none. The match may
   * begin before `at`, but not before `literalFrom`. It may begin after `at`: a short match is given
   * up for a better one a byte later.
   */
  search(at: number, literalFrom: number): boolean {
    if (!this.#indexed) {
      this.#index.build();
      this.#indexed = true;
    }
    this.#gain = 0;
    for (let place = at; place <= this.#nextEnd - HASHED_BYTES; place++) {
      const gain = this.#gain;
      this.#lookUp(place, literalFrom);
      if (this.#gain === gain) break;
      if (this.#length >= LONG_MATCH_BYTES || this.#index.exhausted) break;
    }
    return this.#gain > 0;
  }

  /**
   * Extends the match backwards over short copies that end where it begins. A copy that it covers, or
   * of which too little remains, is removed from the list. This corrects the greedy choice of the
   * first match that saves anything.
   */
  absorb(): void {
    const { view, baseAt } = this.#arena;
    const copies = this.#copies;
    for (let last = copies.count - 1; last >= 0; last--) {
      const at = copies.at(last);
      const length = copies.length(last);
      if (at + length !== this.#at || length > ABSORB_MAX_BYTES) return;
      const literalFrom = last === 0 ? 0 : copies.at(last - 1) + copies.length(last - 1);
      const max = Math.min(this.#at - literalFrom, this.#from);
      const back = equalBackward(view, this.#at, baseAt + this.#from, max);
      const left = length - back;
      if (left > 0 && copies.gain(left, copies.from(last), at > literalFrom) > 0) return;
      copies.truncate(last);
      this.#at -= back;
      this.#from -= back;
      this.#length += back;
    }
  }

  // Compares all candidates for `at`, and keeps one that saves more than the present match.
  #lookUp(at: number, literalFrom: number): void {
    const { view, baseAt, baseLength } = this.#arena;
    let longest = 0;
    const ahead = at + this.#copies.diagonal;
    if (
      ahead >= 0 &&
      ahead < baseLength &&
      view.getInt32(baseAt + ahead, true) === view.getInt32(at, true)
    ) {
      longest = this.#consider(at, ahead, literalFrom);
    }
    const candidates = this.#candidates;
    const count = this.#index.find(at, candidates);
    for (let turn = 0; turn < count && longest < ENDLESS_MATCH_BYTES; turn++) {
      const from = candidates[turn] ?? 0;
      // A candidate is better only if it also matches one byte beyond the best length so far; this check rejects most.
      if (view.getUint8(baseAt + from + longest) === view.getUint8(at + longest)) {
        longest = Math.max(longest, this.#consider(at, from, literalFrom));
      }
    }
  }

  // Measures the match in both directions, keeps it if it is the best so far, and returns its length
  // from `at` on.
  #consider(at: number, from: number, literalFrom: number): number {
    const { view, baseAt, baseLength } = this.#arena;
    const max = Math.min(this.#nextEnd - at, baseLength - from);
    const forward = equalForward(view, at, baseAt + from, max);
    const back = equalBackward(view, at, baseAt + from, Math.min(at - literalFrom, from));
    const gain = this.#copies.gain(forward + back, from - back, at - back > literalFrom);
    if (gain > this.#gain) {
      this.#gain = gain;
      this.#at = at - back;
      this.#from = from - back;
      this.#length = forward + back;
    }
    return forward;
  }
}
