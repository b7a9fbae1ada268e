// How often something has happened recently, in constant memory.

const SLOTS = 8;

/** Counts events within a span of time. The span may be exceeded by up to an eighth. */
export class RecentCount {
  readonly #slotMs: number;
  readonly #nowMs: () => number;
  readonly #counts: number[] = Array.from({ length: SLOTS + 1 }, () => 0);
  #slot = 0;

  constructor(spanMs: number, nowMs: () => number) {
    this.#slotMs = spanMs / SLOTS;
    this.#nowMs = nowMs;
  }

  /** Counts one event. */
  add(): void {
    this.#move();
    const place = this.#slot % this.#counts.length;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** The number of events within the span. */
  get count(): number {
    this.#move();
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  /** Clears the slots that are too old. */
  #move(): void {
    const slot = Math.floor(this.#nowMs() / this.#slotMs);
    const passed = Math.min(slot - this.#slot, this.#counts.length);
    for (let back = 0; back < passed; back++) this.#counts[(slot - back) % this.#counts.length] = 0;
    this.#slot = slot;
  }
}
