// A list out of whose middle an entry is taken at once, wherever it stands.

/** An entry's place in a list. */
export interface Link<Entry> {
  readonly entry: Entry;
  before: Link<Entry> | null;
  after: Link<Entry> | null;
}

/** The list, in the order in which entries were added. */
export class LinkedList<Entry> {
  #first: Link<Entry> | null = null;
  #last: Link<Entry> | null = null;
  #length = 0;

  /** How many entries there are. */
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

  /** Adds an entry behind all others. Its link removes it. */
  push(entry: Entry): Link<Entry> {
    const link: Link<Entry> = { entry, before: this.#last, after: null };
    if (this.#last === null) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#length++;
    return link;
  }

  /** Takes an entry out. Once only, and of this list only. */
  remove({ before, after }: Link<Entry>): void {
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    this.#length--;
  }
}
