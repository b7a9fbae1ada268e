// A clock that a test advances. After each timer it lets all pending promises settle.
import type { Clock } from "../../../src/queue/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that starts at `startMs`. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  readonly #timers: Set<Timer> = new Set();

  constructor(startMs = 1_327_078_148_132) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Advances the time, running each timer that becomes due. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers)
      if (timer.dueMs <= untilMs && (next === null || timer.dueMs < next.dueMs)) next = timer;
    return next;
  }
}

/**
 * Settles promises that wait only for one another, however long their chain is: the event loop
 * runs an immediate only when no microtask is left. With a fixed number of microtasks, time would
 * pass while a request that takes no time is still running.
 */
export function settle(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}
