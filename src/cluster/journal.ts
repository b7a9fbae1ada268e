// What this node has published lately. It is kept for a while, numbered, so that a node that has missed something can
// ask for it: a bus loses messages while a connection is broken. Pure.

/** A message that was published. */
export interface KeptMessage {
  readonly number: number;
  readonly topic: string;
  readonly text: string;
  readonly atMs: number;
}

/** How much is kept. */
export interface JournalLimits {
  readonly maxLength: number;
  readonly maxAgeMs: number;
}

/** About 16 million characters, and never longer than a minute and a half. */
export const JOURNAL_LIMITS: JournalLimits = { maxLength: 16 * 1024 * 1024, maxAgeMs: 90_000 };
/** Topics whose last number is remembered, at most, in each of two generations. */
const MAX_TOPICS = 50_000;
/** The ring is compacted when this many of its first places are empty. */
const COMPACT_AT = 1024;

/** The messages of a node, the newest last. */
export class Journal {
  readonly #limits: JournalLimits;
  #number = 0;
  #kept: KeptMessage[] = [];
  /** The index of the oldest message. */
  #start = 0;
  #length = 0;
  /** By topic: the number of the last message. The older of two generations is forgotten when the newer is full. */
  #last: Map<string, number> = new Map();
  #lastBefore: Map<string, number> = new Map();
  /** The oldest number of which it is not certain that the broker has it; 0 if there is none. */
  #unsure = 0;
  #unsent = 0;

  constructor(limits: JournalLimits) {
    this.#limits = limits;
  }

  /** The number of the last message. */
  get number(): number {
    return this.#number;
  }

  /** Messages that were dropped here before the broker had them. */
  get unsentCount(): number {
    return this.#unsent;
  }

  /** The number of the next message, and that of the last one on the topic; 0 if that is not known. */
  next(topic: string): { readonly number: number; readonly previous: number } {
    const number = ++this.#number;
    const previous = this.#last.get(topic) ?? this.#lastBefore.get(topic) ?? 0;
    if (this.#last.size >= MAX_TOPICS && !this.#last.has(topic)) {
      this.#lastBefore = this.#last;
      this.#last = new Map();
    }
    this.#last.set(topic, number);
    return { number, previous };
  }

  /** Keeps a message that has just been numbered. */
  keep(message: KeptMessage): void {
    this.#kept.push(message);
    this.#length += message.text.length;
    this.#trim(message.atMs);
  }

  /** It is not certain that the broker has this message. */
  doubt(number: number): void {
    this.#unsure = this.#unsure === 0 ? number : Math.min(this.#unsure, number);
  }

  /** The number from which on others must ask for what they have missed; 0 if there is none. Told once. */
  takeDoubt(): number {
    const unsure = this.#unsure;
    this.#unsure = 0;
    return unsure;
  }

  /** The kept messages after this number, the oldest first, and the number of those that are gone. */
  since(number: number): { readonly messages: readonly KeptMessage[]; readonly goneCount: number } {
    const messages = this.#kept.slice(this.#start).filter((message) => message.number > number);
    const first = messages[0]?.number ?? this.#number + 1;
    return { messages, goneCount: Math.max(0, first - number - 1) };
  }

  #trim(nowMs: number): void {
    const { maxLength, maxAgeMs } = this.#limits;
    for (;;) {
      const oldest = this.#kept[this.#start];
      if (oldest === undefined) break;
      if (this.#length <= maxLength && nowMs - oldest.atMs <= maxAgeMs) break;
      this.#start++;
      this.#length -= oldest.text.length;
      if (this.#unsure === 0 || oldest.number < this.#unsure) continue;
      this.#unsent++;
      this.#unsure = oldest.number + 1;
    }
    if (this.#start < COMPACT_AT || this.#start * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#start);
    this.#start = 0;
  }
}
