// Measures event-loop lag: a timer records by how much it fires too late. While the loop lags, every
// client waits.

const INTERVAL_MS = 50;

/** The lag since the last call of `take`. */
export interface Lag {
  readonly maxMs: number;
  /** NaN when there was no measurement. */
  readonly meanMs: number;
}

/** Measures the event loop of this process until it is stopped. Does not keep the process alive. */
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

  /** Returns the lag since the last call, and starts anew. With two readers each would see only a part. */
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
    // After a late timer the next one fires early, to get back on schedule. That counts as no lag.
    const lagMs = Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + INTERVAL_MS;
    this.#maxMs = Math.max(this.#maxMs, lagMs);
    this.#sumMs += lagMs;
    this.#count++;
  }
}
