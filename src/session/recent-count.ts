// How often something has happened lately, in a few numbers however often that is.

const SLOTS = 8;

/** Counts what happened within a span of time, and up to an eighth of it longer. */
export class RecentCount {
  readonly #slotMs: number;
  readonly #nowMs: () => number;
  readonly #counts: number[] = Array.from({ length: SLOTS + 1 }, () => 0);
  #slot = 0;

  constructor(spanMs: number, nowMs: () => number) {
    this.#slotMs = spanMs / SLOTS;
    this.#nowMs = nowMs;
  }

  /** It happens. */
  add(): void {
    this.#move();
    const place = this.#slot % this.#counts.length;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** How often it has happened. */
  get count(): number {
    this.#move();
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  /** Forgets what is too old. */
  #move(): void {
    const slot = Math.floor(this.#nowMs() / this.#slotMs);
    const passed = Math.min(slot - this.#slot, this.#counts.length);
    for (let back = 0; back < passed; back++) this.#counts[(slot - back) % this.#counts.length] = 0;
    this.#slot = slot;
  }
}
