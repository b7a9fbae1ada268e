// The events that wait of one channel, by what they are about. Of most channels one thing is told at
// a time, and a map for that takes more memory than the event.

/** Something that is about a subject. */
export interface OfSubject {
  readonly subject: string | null;
}

/** One entry for each subject. What is about nothing is not kept. */
export class Subjects<Entry extends OfSubject> {
  #one: Entry | null = null;
  #others: Map<string, Entry> | null = null;

  /** The entry about this. */
  get(subject: string): Entry | null {
    return this.#one?.subject === subject ? this.#one : (this.#others?.get(subject) ?? null);
  }

  /** Keeps the entry in the place of the one that is about the same. */
  set(entry: Entry): void {
    const { subject } = entry;
    if (subject === null) return;
    const isOther = this.#others?.has(subject) === true;
    if (!isOther && (this.#one === null || this.#one.subject === subject)) this.#one = entry;
    else (this.#others ??= new Map()).set(subject, entry);
  }

  /** Forgets the entry, when it is still kept. */
  delete(entry: Entry): void {
    if (this.#one === entry) this.#one = null;
    else if (entry.subject !== null && this.#others?.get(entry.subject) === entry)
      this.#others.delete(entry.subject);
  }
}
