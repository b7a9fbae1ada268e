// Chains: one stream of frames, in which each delta is made to a base that every member holds.
// A frame that some member did not get never becomes a base; members find bases by number, so that
// an older one serves as well, as long as they still keep it.

/** A text that members hold, and its number on the channel. One object for all chains that have it. */
export interface Base {
  readonly seq: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Frames after a base that may fail to become one before a whole frame must: clients keep the last 30. */
export const MAX_DIVERGED = 25;

/** One stream. */
export class Chain {
  base: Base | null = null;
  usedMs = 0;
  /** Deltas in a row. */
  #deltaCount = 0;
  /** Frames since the base that did not become one. */
  #divergedCount = 0;

  /** Whether the next frame must be whole for it, because there is no base or it has served long enough. */
  wantsWhole(fullMessageInterval: number): boolean {
    return (
      this.base === null ||
      this.#deltaCount >= fullMessageInterval ||
      this.#divergedCount >= MAX_DIVERGED
    );
  }

  /** Every member got this text whole. */
  restart(base: Base): void {
    this.base = base;
    this.#deltaCount = 0;
    this.#divergedCount = 0;
  }

  /** Every member got this text as a delta. */
  advance(base: Base): void {
    this.base = base;
    this.#deltaCount++;
    this.#divergedCount = 0;
  }

  /** Some member did not get the frame. */
  diverge(): void {
    this.#deltaCount++;
    this.#divergedCount++;
  }
}

/** The chains of one cohort by conflation key. Bounded: the chain unused longest makes room. */
export class Chains {
  readonly #maxCount: number;
  /** In the order of their last use. */
  readonly #chains = new Map<string, Chain>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get size(): number {
    return this.#chains.size;
  }

  /** The chain of the key, used now. */
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

  /** Forgets the chains that have not been used since then. */
  forgetBefore(usedMs: number): void {
    for (const [key, chain] of this.#chains) {
      if (chain.usedMs >= usedMs) return;
      this.#chains.delete(key);
    }
  }

  /** The bases there are, with their keys. */
  *bases(): Iterable<readonly [key: string, base: Base]> {
    for (const [key, { base }] of this.#chains) if (base !== null) yield [key, base];
  }

  /** The number of the oldest base; `Infinity` when there is none. */
  oldestBaseSeq(): number {
    let oldest = Infinity;
    for (const { base } of this.#chains.values())
      if (base !== null && base.seq < oldest) oldest = base.seq;
    return oldest;
  }
}
