// The texts of one channel that deltas may build on, by their numbers: the last 30 of each
// conflation key. It decides what to give up, not when: the memory is shared by all channels of a
// connection.

/** A text that deltas build on. */
export interface Base {
  readonly seq: number;
  /** The conflation key. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** What the bases of all channels take. */
export interface Memory {
  usedBytes: number;
}

interface Chain {
  /** The oldest first. */
  readonly bases: Base[];
  /** The base of the last delta; -1 before the first one. */
  usedSeq: number;
}

const MAX_BASES_PER_KEY = 30;
/** The objects around a text, roughly, so that many short texts are bounded as well. */
const OVERHEAD_BYTES = 200;

/** See the file's head. */
export class Bases {
  readonly #memory: Memory;
  readonly #bySeq: Map<number, Base> = new Map();
  /** The key that waited longest for a message first. */
  readonly #chains: Map<string, Chain> = new Map();
  #bytes = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** What these bases take of the memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a text, in place of the one that had its number. */
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

  /** The text with this number, for a delta. */
  use(seq: number): Base | null {
    const base = this.#bySeq.get(seq) ?? null;
    const chain = base === null ? undefined : this.#chains.get(base.key);
    if (chain !== undefined) chain.usedSeq = seq;
    return base;
  }

  /** Forgets the texts of a key. */
  dropKey(key: string): void {
    for (const base of this.#chains.get(key)?.bases.slice() ?? []) this.#remove(base);
  }

  /**
   * Forgets what most probably no delta builds on any more: texts older than the last one that a
   * delta was made to. Servers go forward from base to base.
   */
  dropOutdated(): void {
    for (const { bases, usedSeq } of this.#chains.values())
      for (const base of bases.slice()) if (base.seq < usedSeq) this.#remove(base);
  }

  /** Forgets the key that waited longest for a message. */
  dropOldestKey(): void {
    const [key] = this.#chains.keys();
    if (key !== undefined) this.dropKey(key);
  }

  /** Forgets everything. */
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
