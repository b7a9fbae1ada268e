// Finds the common prefix and suffix of two texts, and so the middle in which they differ. Most updates
// change little, and for these this is most of the work.

import type { Arena } from "./arena.ts";
import { equalBackward, equalForward } from "./compare.ts";
import type { Copies } from "./copies.ts";

/** The part of both texts before their common suffix. */
export class Middle {
  #nextEnd = 0;
  #baseEnd = 0;
  #suffixBytes = 0;

  /** Where the common suffix begins in the next text, or that text's length. */
  get nextEnd(): number {
    return this.#nextEnd;
  }

  /** Where the common suffix begins in the base, or the base's length. */
  get baseEnd(): number {
    return this.#baseEnd;
  }

  /** Length of the common suffix; 0 if it is too short to be copied. */
  get suffixBytes(): number {
    return this.#suffixBytes;
  }

  /**
   * Measures the texts in the arena. Clears `copies`, and adds the common prefix if it is long enough
   * to be copied.
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
