// How late the event loop is: a timer that notes by how much it came too late. While it is late,
// every client waits.

const INTERVAL_MS = 50;

/** What was noted since it was last taken. */
export interface Lag {
  readonly maxMs: number;
  /** NaN when nothing was noted. */
  readonly meanMs: number;
}

/** Watches the event loop of this process from its making until it is stopped. Does not keep the process alive. */
export class LoopLag {
  readonly #nowMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #dueMs: number;
  #maxMs = 0;
  #sumMs = 0;
  #count = 0;

  /** `nowMs` is a clock that never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#dueMs = nowMs() + INTERVAL_MS;
    this.#timer = setInterval(() => this.#note(), INTERVAL_MS).unref();
  }

  /** What was noted since the last call: two readers that take turns see a part each. */
  take(): Lag {
    const lag = { maxMs: this.#maxMs, meanMs: this.#sumMs / this.#count };
    this.#maxMs = 0;
    this.#sumMs = 0;
    this.#count = 0;
    return lag;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #note(): void {
    const nowMs = this.#nowMs();
    // After a late one the next comes early, to be on time again: that is no lag.
    const lagMs = Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + INTERVAL_MS;
    this.#maxMs = Math.max(this.#maxMs, lagMs);
    this.#sumMs += lagMs;
    this.#count++;
  }
}
