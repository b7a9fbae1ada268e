// Finds a channel's queued events by their subjects. Most channels have only one queued event, and a
// map for that one would take more memory than the event itself, so the first entry is a plain field.

/** An entry that has a subject, or null for none. */
export interface OfSubject {
  readonly subject: string | null;
}

/** At most one entry for each subject. Entries without a subject are not kept. */
export class Subjects<Entry extends OfSubject> {
  #one: Entry | null = null;
  #others: Map<string, Entry> | null = null;

  /** The entry with this subject, or null. */
  get(subject: string): Entry | null {
    return this.#one?.subject === subject ? this.#one : (this.#others?.get(subject) ?? null);
  }

  /** Adds the entry, in place of an earlier one with the same subject. */
  set(entry: Entry): void {
    const { subject } = entry;
    if (subject === null) return;
    const isOther = this.#others?.has(subject) === true;
    if (!isOther && (this.#one === null || this.#one.subject === subject)) this.#one = entry;
    else (this.#others ??= new Map()).set(subject, entry);
  }

  /** Removes the entry, unless another has taken its place. */
  delete(entry: Entry): void {
    if (this.#one === entry) this.#one = null;
    else if (entry.subject !== null && this.#others?.get(entry.subject) === entry)
      this.#others.delete(entry.subject);
  }
}
