// What is waited for, and how long at most. A store or a broker that never answers must not hold a
// socket for ever. Looked through about once a second; without anything that waits there is no timer.

/** One promise that is waited for. */
interface Waiting {
  readonly dueMs: number;
  readonly expire: () => void;
}

/** All promises that a node waits for. */
export class Deadlines {
  readonly #nowMs: () => number;
  /** In the order of their beginning. */
  readonly #waiting: Set<Waiting> = new Set();

  /** The clock must never go back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many promises are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The same promise, but rejected with `Cannot …: no answer within N ms` when it takes longer, up to a second later. `what` is what cannot be done. */
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

  /** Ends the waiting for what is overdue: to be called about once a second. */
  tick(): void {
    const nowMs = this.#nowMs();
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > nowMs) continue;
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}
