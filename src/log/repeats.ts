// Decides which of many equal events are written: one in each window, with the number of those left out since. Memory
// and output are bounded, whatever the keys are.

interface Repeat {
  readonly sinceMs: number;
  leftOut: number;
}

/** The key that all keys share for which there is no room. */
const OVERFLOW = "";
const MAX_KEY_LENGTH = 200;

/** Limits repeated events to one per key and window. */
export class Repeats {
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** Ordered by the start of their windows, so that the first entry expires first. */
  readonly #repeats = new Map<string, Repeat>();

  /** `maxKeys` bounds the keys in one window. Further keys share one. */
  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  /** How many events were left out since the last one, or null if this one is to be left out too. */
  allow(key: string, nowMs: number): number | null {
    const place = this.#place(key.slice(0, MAX_KEY_LENGTH), nowMs);
    const repeat = this.#repeats.get(place);
    if (repeat !== undefined && !this.#isOver(repeat, nowMs)) {
      repeat.leftOut++;
      return null;
    }
    this.#repeats.delete(place);
    this.#repeats.set(place, { sinceMs: nowMs, leftOut: 0 });
    return repeat?.leftOut ?? 0;
  }

  #place(key: string, nowMs: number): string {
    if (this.#repeats.has(key)) return key;
    if (this.#repeats.size >= this.#maxKeys) this.#forget(nowMs);
    return this.#repeats.size < this.#maxKeys ? key : OVERFLOW;
  }

  #forget(nowMs: number): void {
    for (const [key, repeat] of this.#repeats) {
      if (!this.#isOver(repeat, nowMs)) return;
      this.#repeats.delete(key);
    }
  }

  /** A window also ends when the wall clock is set back. */
  #isOver({ sinceMs }: Repeat, nowMs: number): boolean {
    return nowMs < sinceMs || nowMs - sinceMs >= this.#windowMs;
  }
}
