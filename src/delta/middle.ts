// What two texts have in common at their ends, and where the middle between begins and ends. Most
// updates change little, and for those this is most of the work.

import type { Arena } from "./arena.ts";
import { equalBackward, equalForward } from "./compare.ts";
import type { Copies } from "./copies.ts";

/** The part of both texts before their common suffix. */
export class Middle {
  #nextEnd = 0;
  #baseEnd = 0;
  #suffixBytes = 0;

  /** Where the common suffix begins in next, or the length of next. */
  get nextEnd(): number {
    return this.#nextEnd;
  }

  /** Where the common suffix begins in base, or the length of base. */
  get baseEnd(): number {
    return this.#baseEnd;
  }

  /** Length of the common suffix; 0 also when it is too short to be copied. */
  get suffixBytes(): number {
    return this.#suffixBytes;
  }

  /**
   * Measures the texts in the arena, and begins `copies` anew with the common prefix, if that is
   * worth a copy.
   */
  trim(arena: Arena, copies: Copies): void {
    const { view, baseAt, baseLength, nextLength } = arena;
    const shorter = Math.min(baseLength, nextLength);
    const prefixBytes = equalForward(view, 0, baseAt, shorter);
    const max = shorter - prefixBytes;
    const suffixBytes = equalBackward(view, nextLength, baseAt + baseLength, max);
    const keepsSuffix = copies.gain(suffixBytes, baseLength - suffixBytes, false) > 0;
    this.#suffixBytes = keepsSuffix ? suffixBytes : 0;
    this.#nextEnd = nextLength - this.#suffixBytes;
    this.#baseEnd = baseLength - this.#suffixBytes;
    copies.truncate(0);
    if (copies.gain(prefixBytes, 0, false) > 0) copies.push(0, 0, prefixBytes);
  }
}
