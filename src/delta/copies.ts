// The outcome of a match search: which parts of the next text are copied from the base, in order
// and without overlap. What lies between two copies is a literal and is not stored. Also what a
// copy costs, since a copy that costs as much as the bytes it replaces is not worth having; how it
// is written is an encoder's business.

/** What a format needs to write a copy, close enough to decide by. */
export interface CopyCosts {
  /** Bytes of the shortest copy: its length, its punctuation, one digit of offset. */
  readonly shortestBytes: number;
  /** Lengths from here on take one byte more. */
  readonly longLength: number;
  /** Bits of an offset that one byte holds. */
  readonly offsetBitsPerByte: number;
  /** Bytes for the second literal when a copy splits a literal in two. */
  readonly splitBytes: number;
}

// Triples: position in next, offset in base, length.
const FIELD_COUNT = 3;
// No format writes a copy in less than two bytes, so none shorter than three is ever taken.
const SHORTEST_COPY_BYTES = 3;

/** A list of copies, ascending by position, in memory that is reused. */
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
   * Bytes that no later copy can make cheaper, when all of next up to `end` is either copied or
   * literal.
   */
  leastBytes(end: number): number {
    return end - this.#copiedBytes + this.#count * this.#costs.shortestBytes;
  }

  /** Where in next copy `index` begins. */
  at(index: number): number {
    return this.#fields[index * FIELD_COUNT] ?? 0;
  }

  /** Where in base copy `index` is taken from. */
  from(index: number): number {
    return this.#fields[index * FIELD_COUNT + 1] ?? 0;
  }

  /** How many bytes copy `index` has. */
  length(index: number): number {
    return this.#fields[index * FIELD_COUNT + 2] ?? 0;
  }

  /** Where in next the last copy ends; 0 when there is none. */
  get end(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.at(last) + this.length(last);
  }

  /** Base offset minus position in next of the last copy; 0 when there is none. */
  get diagonal(): number {
    const last = this.#count - 1;
    return last < 0 ? 0 : this.from(last) - this.at(last);
  }

  /**
   * Bytes saved by a copy instead of a literal; `splits` when a literal comes before it. Not
   * positive: not worth it.
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

  /** Adds a copy behind all others. */
  push(at: number, from: number, length: number): void {
    const slot = this.#count * FIELD_COUNT;
    this.#fields[slot] = at;
    this.#fields[slot + 1] = from;
    this.#fields[slot + 2] = length;
    this.#count++;
    this.#copiedBytes += length;
  }

  /** Takes the last copies away again, until `count` are left. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#count--;
      this.#copiedBytes -= this.length(this.#count);
    }
  }
}
