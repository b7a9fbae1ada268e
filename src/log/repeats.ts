// Which of many equal events are written: the first, and after a while the next with the number of
// those between. The memory is bounded, and so is what is written, whatever the keys are.

interface Repeat {
  readonly sinceMs: number;
  leftOut: number;
}

/** Stands for all keys that there is no room for. */
const OVERFLOW = "";
const MAX_KEY_LENGTH = 200;

/** See the file's head. */
export class Repeats {
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** In the order of their windows, so that the first ones end first. */
  readonly #repeats = new Map<string, Repeat>();

  /** One event per key and window. With more than `maxKeys` keys in a window the others share one. */
  constructor(windowMs: number, maxKeys: number) {
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  /** How many events were left out since the one before, or null when this one is to be left out too. */
  admit(key: string, nowMs: number): number | null {
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

  /** A wall clock that was set back ends the window too. */
  #isOver({ sinceMs }: Repeat, nowMs: number): boolean {
    return nowMs < sinceMs || nowMs - sinceMs >= this.#windowMs;
  }
}
