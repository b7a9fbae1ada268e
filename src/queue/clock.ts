// The clock of queues and webhooks. It is a parameter, so that tests can advance it by hand.

/** A clock with timers. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment. Unlike the time of day, it is never adjusted. */
  elapsedMs(): number;
  /** Calls `run` once after the delay, never before this returns. The returned function cancels the call; after it, that has no effect. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: Date.now,
  elapsedMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
