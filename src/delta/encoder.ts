// The contract of all delta encoders. Encoders are pure: they use no clock and no randomness, and keep
// nothing from one call to the next except allocated memory.

/**
 * Encodes the difference between one text and the next. One instance serves any number of streams, one
 * call at a time.
 */
export interface DeltaEncoder {
  /**
   * The delta from `base` to `next`. Null means that the whole text should be sent instead: an input
   * is longer than the encoder was made for, or no delta shorter than `limitBytes` was found.
   *
   * The result is a view into the encoder's memory and is valid only until the next call: use or copy
   * it before. A result is always shorter than `limitBytes`; without a limit every input that is not
   * too long gets a delta. The inputs are neither changed nor kept.
   */
  encode(base: Uint8Array, next: Uint8Array, limitBytes?: number): Uint8Array | null;
}
