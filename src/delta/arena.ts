// The working memory of one encoder: both inputs and the output in one block, so that hot loops use a
// single view, compare four bytes per load, and move literals without creating views. Nothing is kept
// from one call to the next: an encoder loads its inputs first, and its result is a view into the block.

/**
 * The default for the longest input of an encoder: 64 KiB, which takes at most 2 ms to encode,
 * whatever the bytes are.
 */
export const DEFAULT_MAX_INPUT_BYTES = 65_536;

// Room in the output beyond the longest input: for lengths, a header and a checksum, and in proportion
// to the input, because a copy may turn out one byte longer than the literal that it replaces.
const OUTPUT_SLACK_BYTES = 64;
const INPUT_BYTES_PER_SLACK_BYTE = 64;

// Loads of four bytes may begin at any position of an input, so the last position needs room behind it.
const GUARD_BYTES = 16;

// Below this length `copyWithin` costs more than a loop.
const SHORTEST_MOVE_BYTES = 32;

/**
 * One block of memory: `next` at 0, `base` at `baseAt`, the output at `outAt`, and at `spareAt` twice
 * the room of an output, for parts that are written before their position in the output is known.
 */
export class Arena {
  /** The longest input, in bytes. */
  readonly maxInputBytes: number;
  /** The longest output, in bytes: enough for every input as one literal. */
  readonly maxOutputBytes: number;
  readonly baseAt: number;
  readonly outAt: number;
  readonly spareAt: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  #baseLength = 0;
  #nextLength = 0;

  /** Allocates memory for inputs of up to `maxInputBytes` each, a whole number. */
  constructor(maxInputBytes: number) {
    this.maxInputBytes = maxInputBytes;
    this.maxOutputBytes =
      maxInputBytes + OUTPUT_SLACK_BYTES + Math.ceil(maxInputBytes / INPUT_BYTES_PER_SLACK_BYTE);
    this.baseAt = maxInputBytes + GUARD_BYTES;
    this.outAt = this.baseAt + maxInputBytes + GUARD_BYTES;
    // Twice the output here too, because an output is checked against its limit only after it has been written.
    this.spareAt = this.outAt + 2 * this.maxOutputBytes;
    this.bytes = new Uint8Array(this.spareAt + 2 * this.maxOutputBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Length of the loaded base, in bytes. */
  get baseLength(): number {
    return this.#baseLength;
  }

  /** Length of the loaded next text, in bytes. */
  get nextLength(): number {
    return this.#nextLength;
  }

  /**
   * Loads both inputs. Returns false, without loading either, if one is longer than `maxInputBytes`.
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
 * Copies the bytes from `from` up to `to` within `bytes` to `out`. Returns where the copy ends.
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
