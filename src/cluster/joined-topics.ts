// The topics that a node joins for keys. There may be hundreds of thousands, and the bus has a list of them, so nothing is
// kept here of one that was joined long ago: only when the others were joined, or that they are being joined.

/** Longer than a message is kept that others may ask for. */
const RECENT_MS = 120_000;

/** The topics of a node. */
export class JoinedTopics {
  readonly #nowMs: () => number;
  readonly #joining: Map<string, Promise<void>> = new Map();
  /** When a topic was joined, the oldest first. */
  readonly #recent: Map<string, number> = new Map();
  #count = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many are joined. */
  get count(): number {
    return this.#count;
  }

  isJoining(topic: string): boolean {
    return this.#joining.has(topic);
  }

  /** Joins a topic that is not joined. Called again before it is joined, it waits for the same. */
  join(topic: string, begin: (topic: string) => Promise<void>): Promise<void> {
    const present = this.#joining.get(topic);
    if (present !== undefined) return present;
    const joined: Promise<void> = begin(topic).then(
      () => this.#joined(topic, joined),
      (error: unknown) => {
        if (this.#joining.get(topic) === joined) this.#joining.delete(topic);
        throw error;
      },
    );
    this.#joining.set(topic, joined);
    return joined;
  }

  /** To be called for a topic that was joined, or is being joined. */
  leave(topic: string): void {
    this.#recent.delete(topic);
    if (!this.#joining.delete(topic)) this.#count--;
  }

  /**
   * Whether a message that was published so long ago came after the join. True as well for a topic that was never joined,
   * of which nothing is known.
   */
  isSince(topic: string, ageMs: number): boolean {
    if (this.#joining.has(topic)) return false;
    const joinedMs = this.#recent.get(topic);
    return joinedMs === undefined || this.#nowMs() - ageMs >= joinedMs;
  }

  /** To be called from time to time. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const [topic, joinedMs] of this.#recent) {
      if (nowMs - joinedMs < RECENT_MS) return;
      this.#recent.delete(topic);
    }
  }

  #joined(topic: string, joined: Promise<void>): void {
    // It was left in the meantime.
    if (this.#joining.get(topic) !== joined) return;
    this.#joining.delete(topic);
    this.#recent.set(topic, this.#nowMs());
    this.#count++;
  }
}
