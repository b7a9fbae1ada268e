// Time as queues and webhooks see it. Handed in, so that a test moves it by hand.

/** A clock with timers. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Milliseconds since some moment. Unlike the time of day it is never set. */
  elapsedMs(): number;
  /** Calls once, after the delay and never at once. The answer cancels the call; later it does nothing. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's clock. Its timers do not keep a process alive that has nothing else to do. */
export const systemClock: Clock = {
  nowMs: Date.now,
  elapsedMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
