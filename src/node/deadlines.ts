// Deadlines for promises, so that a store or a broker that never answers cannot hold up a socket
// for ever. They are checked about once a second. There are no timers, so nothing runs while
// nothing waits.

/** A promise that is waited for. */
interface Waiting {
  readonly dueMs: number;
  readonly expire: () => void;
}

/** All promises that a node waits for. */
export class Deadlines {
  readonly #nowMs: () => number;
  /** In the order in which the waits started. */
  readonly #waiting: Set<Waiting> = new Set();

  /** The clock must never go back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The number of promises that are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Returns a promise that settles like the given one, but rejects with `Cannot …: no answer within N ms` if that
   * takes longer than `timeoutMs`, up to a second late. `what` names what cannot be done.
   */
  within<Value>(promise: Promise<Value>, timeoutMs: number, what: string): Promise<Value> {
    const { promise: answer, resolve, reject } = Promise.withResolvers<Value>();
    const waiting: Waiting = {
      dueMs: this.#nowMs() + timeoutMs,
      expire: () => reject(new Error(`Cannot ${what}: no answer within ${timeoutMs} ms`)),
    };
    this.#waiting.add(waiting);
    promise.then(resolve, reject).finally(() => this.#waiting.delete(waiting));
    return answer;
  }

  /** Rejects the promises that are overdue. To be called about once a second. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > nowMs) continue;
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}
