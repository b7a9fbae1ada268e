// A doubly linked list, from which an entry at any position is removed in constant time.

/** An entry's position in a list. */
export interface Link<Entry> {
  readonly entry: Entry;
  before: Link<Entry> | null;
  after: Link<Entry> | null;
}

/** The list, in insertion order. */
export class LinkedList<Entry> {
  #first: Link<Entry> | null = null;
  #last: Link<Entry> | null = null;
  #length = 0;

  /** The number of entries. */
  get length(): number {
    return this.#length;
  }

  /** The oldest entry. */
  get first(): Entry | null {
    return this.#first?.entry ?? null;
  }

  /** The newest entry. */
  get last(): Entry | null {
    return this.#last?.entry ?? null;
  }

  /** Appends an entry. The returned link is what `remove` takes. */
  push(entry: Entry): Link<Entry> {
    const link: Link<Entry> = { entry, before: this.#last, after: null };
    if (this.#last === null) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#length++;
    return link;
  }

  /** Removes an entry. Its link must belong to this list and must not have been removed before. */
  remove({ before, after }: Link<Entry>): void {
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    this.#length--;
  }
}
