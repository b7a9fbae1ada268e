// When a worker that has ended is started again: at once at first, then more slowly, and not at all when it ends over
// and over.

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5000;
const WINDOW_MS = 60_000;
const MAX_DEATHS = 5;

/** The deaths of one worker. */
export class Restarts {
  readonly #random: () => number;
  #deathsMs: number[] = [];

  /** `random` is from 0 to 1: workers that end together are not started together. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The worker has ended. Returns the pause before its next start, or null when it has ended five times within a minute. */
  died(nowMs: number): number | null {
    this.#deathsMs = this.#deathsMs.filter((deathMs) => nowMs - deathMs < WINDOW_MS);
    this.#deathsMs.push(nowMs);
    const count = this.#deathsMs.length;
    if (count >= MAX_DEATHS) return null;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), MAX_PAUSE_MS);
    return pauseMs * (1 + this.#random() / 2);
  }
}
