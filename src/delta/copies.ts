// The result of a match search: which parts of the next text are copied from the base, in order and
// without overlap. Everything between two copies is a literal and is not stored. The list also knows
// what a copy costs in the output format, because a copy must be shorter than the bytes it replaces;
// how copies are written is known to the encoders.

/** What a copy costs in an output format, exactly enough for decisions. */
export interface CopyCosts {
  /** Bytes of the shortest copy: its length, its punctuation, one digit of offset. */
  readonly shortestBytes: number;
  /** Copies of at least this length take one byte more. */
  readonly longLength: number;
  /** How many bits of an offset one byte holds. */
  readonly offsetBitsPerByte: number;
  /** Bytes for the header of the second literal when a copy splits a literal in two. */
  readonly splitBytes: number;
}

// Triples: position in next, offset in base, length.
const FIELD_COUNT = 3;
// Every format needs at least two bytes for a copy, so only copies of at least three bytes pay.
const SHORTEST_COPY_BYTES = 3;

/** A list of copies in ascending order of position. Its memory is reused. */
export class Copies {
  readonly #costs: CopyCosts;
  readonly #fields: Int32Array;
  #count = 0;
  #copiedBytes = 0;

  constructor(costs: CopyCosts, maxInputBytes: number) {
    this.#costs = costs;
    this.#fields = new Int32Array(
      FIELD_COUNT * (Math.ceil(maxInputBytes / SHORTEST_COPY_BYTES) + 2),
    );
  }

  /** How many copies there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * The bytes of output that are certain for the next text up to `end`: no copy that is added later
   * can reduce them.
   */
  leastBytes(end: number): number {
    return end - this.#copiedBytes + this.#count * this.#costs.shortestBytes;
  }

  /** The position in the next text at which copy `index` begins. */
  at(index: number): number {
    return this.#fields[index * FIELD_COUNT] ?? 0;
  }

  /** The offset in the base from which copy `index` is taken. */
  from(index: number): number {
    return this.#fields[index * FIELD_COUNT + 1] ?? 0;
  }

  /** The length of copy `index` in bytes. */
  length(index: number): number {
    return this.#fields[index * FIELD_COUNT + 2] ?? 0;
  }

  /** The position in the next text at which the last copy ends; 0 when there is none. */
  get end(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.at(last) + this.length(last);
  }

  /** The last copy's offset in the base minus its position in the next text; 0 when there is none. */
  get diagonal(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.from(last) - this.at(last);
  }

  /**
   * The bytes saved by a copy instead of a literal; zero or negative if it does not pay. `splits` says
   * that a literal comes before it.
   */
  gain(length: number, from: number, splits: boolean): number {
    const costs = this.#costs;
    let bytes = costs.shortestBytes + (splits ? costs.splitBytes : 0);
    if (length >= costs.longLength) bytes++;
    for (let rest = from >>> costs.offsetBitsPerByte; rest > 0; rest >>>= costs.offsetBitsPerByte) {
      bytes++;
    }
    return length - bytes;
  }

  /** Appends a copy. */
  push(at: number, from: number, length: number): void {
    const slot = this.#count * FIELD_COUNT;
    this.#fields[slot] = at;
    this.#fields[slot + 1] = from;
    this.#fields[slot + 2] = length;
    this.#count++;
    this.#copiedBytes += length;
  }

  /** Removes the last copies until `count` remain. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#count--;
      this.#copiedBytes -= this.length(this.#count);
    }
  }
}
