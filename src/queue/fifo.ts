// A first-in-first-out queue whose `shift` does not move the remaining entries. `Array.shift` does, which
// is slow with tens of thousands of entries.

const COMPACT_AT = 64;

/** The queue. */
export class Fifo<Entry> {
  readonly #entries: (Entry | undefined)[] = [];
  #first = 0;

  /** The number of entries. */
  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Appends an entry. */
  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Removes and returns the oldest entry; undefined when there is none. */
  shift(): Entry | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#first];
    // Released now and not when the slot is reused, because an entry may be large.
    this.#entries[this.#first] = undefined;
    this.#first++;
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
    return entry;
  }
}
