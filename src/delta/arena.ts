// The working memory of one encoder: both inputs and the output side by side in one block, so that
// a hot loop holds one view, compares four bytes with one load, and moves literals without making a
// view of them. It keeps nothing from one call to the next: an encoder loads its inputs first, and
// its result is a view into here.

/**
 * The longest input an encoder takes unless told otherwise: 64 KiB, which it encodes in 2 ms
 * whatever the bytes are.
 */
export const DEFAULT_MAX_INPUT_BYTES = 65_536;

// Room in the output beyond the longest input: lengths, a header, a checksum; and a byte for every
// so many of the input, since a copy that seems to save one may cost one more than it replaces.
const OUTPUT_SLACK_BYTES = 64;
const INPUT_BYTES_PER_SLACK_BYTE = 64;

// Four bytes may be loaded at any position of an input, so the last of them needs room behind it.
const GUARD_BYTES = 16;

// Below this `copyWithin` costs more than a loop.
const SHORTEST_MOVE_BYTES = 32;

/**
 * One block of memory: `next` at 0, `base` at `baseAt`, the output at `outAt`, and at `spareAt`
 * twice as much room as an output, for what has to be made before its place in the output is known.
 */
export class Arena {
  /** The longest input, in bytes. */
  readonly maxInputBytes: number;
  /** The longest output, in bytes: every input fits as one literal. */
  readonly maxOutputBytes: number;
  readonly baseAt: number;
  readonly outAt: number;
  readonly spareAt: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  #baseLength = 0;
  #nextLength = 0;

  /** Memory for inputs up to `maxInputBytes` each, a whole number. */
  constructor(maxInputBytes: number) {
    this.maxInputBytes = maxInputBytes;
    this.maxOutputBytes =
      maxInputBytes + OUTPUT_SLACK_BYTES + Math.ceil(maxInputBytes / INPUT_BYTES_PER_SLACK_BYTE);
    this.baseAt = maxInputBytes + GUARD_BYTES;
    this.outAt = this.baseAt + maxInputBytes + GUARD_BYTES;
    // Twice the output here too: an output is found to be over its limit after it has been written.
    this.spareAt = this.outAt + 2 * this.maxOutputBytes;
    this.bytes = new Uint8Array(this.spareAt + 2 * this.maxOutputBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Length of the base that was loaded, in bytes. */
  get baseLength(): number {
    return this.#baseLength;
  }

  /** Length of the next text that was loaded, in bytes. */
  get nextLength(): number {
    return this.#nextLength;
  }

  /**
   * Copies both inputs in; `false`, and nothing copied, when one is longer than `maxInputBytes`.
   */
  load(base: Uint8Array, next: Uint8Array): boolean {
    if (base.length > this.maxInputBytes || next.length > this.maxInputBytes) return false;
    this.bytes.set(next, 0);
    this.bytes.set(base, this.baseAt);
    this.#nextLength = next.length;
    this.#baseLength = base.length;
    return true;
  }
}

/**
 * Copies what lies from `from` up to `to` within `bytes` to `out`, and answers where the copy ends.
 */
export function moveBytes(bytes: Uint8Array, out: number, from: number, to: number): number {
  const end = out + to - from;
  if (to - from >= SHORTEST_MOVE_BYTES) {
    bytes.copyWithin(out, from, to);
    return end;
  }
  for (let at = from; at < to; at++) bytes[out + at - from] = bytes[at] ?? 0;
  return end;
}
