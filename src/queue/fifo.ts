// A first-in-first-out list whose `shift` does not move what remains. An array's does, and with ten
// thousand entries that shows.

const COMPACT_AT = 64;

/** The list. */
export class Fifo<Entry> {
  readonly #entries: (Entry | undefined)[] = [];
  #first = 0;

  /** How many entries there are. */
  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Adds an entry behind all others. */
  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Takes the oldest entry; undefined when there is none. */
  shift(): Entry | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#first];
    // Let go now, not when the space is reused: an entry may be large.
    this.#entries[this.#first] = undefined;
    this.#first++;
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }
}
