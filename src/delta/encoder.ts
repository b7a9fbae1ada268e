// What a delta encoder promises, whatever its format. Encoders are pure: no clock, no randomness,
// nothing kept from one call to the next but memory.

/**
 * Makes the delta that turns one text into the next. One instance serves any number of streams, one
 * call at a time.
 */
export interface DeltaEncoder {
  /**
   * The delta from `base` to `next`, or `null` when the full text should be sent instead: when
   * either input is longer than the encoder was made for, or no delta shorter than `limitBytes` was
   * found.
   *
   * The result is a view into memory of the encoder, valid until its next call: use it or copy it
   * before that. A result always has fewer than `limitBytes` bytes. Without a limit every input
   * that is not too long gets a delta. The inputs are not changed and not kept.
   */
  encode(base: Uint8Array, next: Uint8Array, limitBytes?: number): Uint8Array | null;
}
