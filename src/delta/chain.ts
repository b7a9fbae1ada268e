// Chains: a chain is one stream of frames in which each delta refers to a base that every member of the
// cohort holds. A frame that some member did not get never becomes a base. Deltas name their base by
// number, so an older base can be used for as long as clients keep it.

/** A text that members hold, and its sequence number on the channel. Chains with the same base share one object. */
export interface Base {
  readonly seq: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** After this many frames that did not become the base, a whole frame must replace it: clients keep only the last 30 frames. */
export const MAX_DIVERGED = 25;

/** One stream of frames. */
export class Chain {
  base: Base | null = null;
  usedMs = 0;
  /** Deltas since the last whole frame. */
  #deltaCount = 0;
  /** Frames since the base, none of which became the base. */
  #divergedCount = 0;

  /** Whether the next frame must be whole: there is no base, or it has been used for long enough. */
  wantsWhole(fullMessageInterval: number): boolean {
    return (
      this.base === null ||
      this.#deltaCount >= fullMessageInterval ||
      this.#divergedCount >= MAX_DIVERGED
    );
  }

  /** Sets the base to a text that every member got whole. */
  restart(base: Base): void {
    this.base = base;
    this.#deltaCount = 0;
    this.#divergedCount = 0;
  }

  /** Sets the base to a text that every member got as a delta. */
  advance(base: Base): void {
    this.base = base;
    this.#deltaCount++;
    this.#divergedCount = 0;
  }

  /** Counts a frame that some member did not get, so that the base stays. */
  diverge(): void {
    this.#deltaCount++;
    this.#divergedCount++;
  }
}

/** The chains of one cohort by conflation key. Bounded: the least recently used chain is removed. */
export class Chains {
  readonly #maxCount: number;
  /** The least recently used first. */
  readonly #chains = new Map<string, Chain>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get size(): number {
    return this.#chains.size;
  }

  /** The chain of the key, made if there is none, and marked as used. */
  use(key: string, nowMs: number): Chain {
    const chain = this.#chains.get(key) ?? new Chain();
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    chain.usedMs = nowMs;
    if (this.#chains.size > this.#maxCount) {
      const [oldest] = this.#chains.keys();
      if (oldest !== undefined) this.#chains.delete(oldest);
    }
    return chain;
  }

  /** Removes the chains that have not been used since then. */
  forgetBefore(usedMs: number): void {
    for (const [key, chain] of this.#chains) {
      if (chain.usedMs >= usedMs) return;
      this.#chains.delete(key);
    }
  }

  /** All bases with their conflation keys. */
  *bases(): Iterable<readonly [key: string, base: Base]> {
    for (const [key, { base }] of this.#chains) if (base !== null) yield [key, base];
  }

  /** The sequence number of the oldest base; `Infinity` when there is none. */
  oldestBaseSeq(): number {
    let oldest = Infinity;
    for (const { base } of this.#chains.values())
      if (base !== null && base.seq < oldest) oldest = base.seq;
    return oldest;
  }
}
