// The bases of one channel: the last 30 messages of each conflation key, by sequence number. Deltas are applied to them.
// It decides which bases to drop, but not when, since the memory is shared by all channels of a connection.

/** A message to which deltas are applied. */
export interface Base {
  readonly seq: number;
  /** The conflation key. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** The memory that the bases of all channels take. */
export interface Memory {
  usedBytes: number;
}

interface Chain {
  /** From the oldest to the newest. */
  readonly bases: Base[];
  /** The sequence number of the base of the last delta. -1 before the first delta. */
  usedSeq: number;
}

const MAX_BASES_PER_KEY = 30;
/** The approximate memory of the objects around a text, so that many short texts are bounded too. */
const OVERHEAD_BYTES = 200;

/** The bases of one channel. */
export class Bases {
  readonly #memory: Memory;
  readonly #bySeq: Map<number, Base> = new Map();
  /** Ordered by the last message, from the oldest to the newest. */
  readonly #chains: Map<string, Chain> = new Map();
  #bytes = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The memory that these bases take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a text. It replaces the one with the same number. */
  add(base: Base): void {
    const { seq, key } = base;
    const former = this.#bySeq.get(seq);
    if (former !== undefined) this.#remove(former);
    const chain = this.#chains.get(key) ?? { bases: [], usedSeq: -1 };
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    chain.bases.push(base);
    this.#bySeq.set(seq, base);
    this.#take(size(base));
    const [oldest] = chain.bases;
    if (chain.bases.length > MAX_BASES_PER_KEY && oldest !== undefined) this.#remove(oldest);
  }

  /** The text with this number, as the base of a delta. */
  use(seq: number): Base | null {
    const base = this.#bySeq.get(seq) ?? null;
    const chain = base === null ? undefined : this.#chains.get(base.key);
    if (chain !== undefined) chain.usedSeq = seq;
    return base;
  }

  /** Drops the texts of a key. */
  dropKey(key: string): void {
    for (const base of this.#chains.get(key)?.bases.slice() ?? []) this.#remove(base);
  }

  /**
   * Drops the texts that are older than the base of the last delta. Servers only move on to newer bases, so these are
   * probably not needed again.
   */
  dropOutdated(): void {
    for (const { bases, usedSeq } of this.#chains.values())
      for (const base of bases.slice()) if (base.seq < usedSeq) this.#remove(base);
  }

  /** Drops the key that has had no message for the longest time. */
  dropOldestKey(): void {
    const [key] = this.#chains.keys();
    if (key !== undefined) this.dropKey(key);
  }

  /** Drops everything. */
  clear(): void {
    this.#bySeq.clear();
    this.#chains.clear();
    this.#take(-this.#bytes);
  }

  #remove(base: Base): void {
    const bases = this.#chains.get(base.key)?.bases ?? [];
    const index = bases.indexOf(base);
    if (index >= 0) bases.splice(index, 1);
    if (bases.length === 0) this.#chains.delete(base.key);
    this.#bySeq.delete(base.seq);
    this.#take(-size(base));
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    this.#memory.usedBytes += bytes;
  }
}

function size(base: Base): number {
  return base.bytes.length + base.key.length + OVERHEAD_BYTES;
}
