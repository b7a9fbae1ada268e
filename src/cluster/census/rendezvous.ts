// Which node owns a key. Rendezvous hashing: when a node comes or goes, only the keys that it gets
// or had change their owner. Keys fall into slots, and each slot has an owner, so that finding the owner of
// a key does not depend on the number of nodes.

const SLOTS = 1024;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Neighbouring slots must get unrelated weights. */
const SPREAD = 0x9e3779b1;

/** A 32-bit hash of a text (FNV-1a over UTF-16 code units). */
export function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash >>> 0;
}

/** Spreads the bits of a number over all of its 32 bits (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The slot of a key. */
export function slotOf(key: string): number {
  return mix(hashText(key)) % SLOTS;
}

/** A node in one of its lives. */
export interface NodeLife {
  readonly id: string;
  /** Grows when the node comes back after the others took it for dead. */
  readonly incarnation: number;
}

/** The owners of all keys among some nodes. */
export class OwnerTable {
  /** Equal for equal sets of nodes in the same incarnations. */
  readonly hash: number;
  readonly #seeds: readonly (readonly [id: string, seed: number])[];
  /** The owners of the slots, each once it was asked for. */
  readonly #owners: (string | undefined)[] = Array.from({ length: SLOTS });

  /** There must be at least one node. */
  constructor(nodes: readonly NodeLife[]) {
    const names = nodes.map(({ id, incarnation }) => `${id}#${incarnation}`);
    this.hash = hashText(names.toSorted().join(" "));
    this.#seeds = nodes
      .map(({ id }) => [id, hashText(id)] as const)
      .toSorted(([first], [second]) => (first < second ? -1 : 1));
  }

  /** The owners among these nodes: those that are leaving own nothing, unless all are. */
  static among(nodes: readonly (NodeLife & { readonly isLeaving: boolean })[]): OwnerTable {
    const staying = nodes.filter(({ isLeaving }) => !isLeaving);
    return new OwnerTable(staying.length > 0 ? staying : nodes);
  }

  /** The id of the node that owns the key. */
  ownerOf(key: string): string {
    return this.ownerAt(slotOf(key));
  }

  /** The id of the node that owns the keys of a slot. */
  ownerAt(slot: number): string {
    const known = this.#owners[slot];
    if (known !== undefined) return known;
    let [owner, best] = ["", -1];
    for (const [id, seed] of this.#seeds) {
      const weight = mix(seed ^ Math.imul(slot + 1, SPREAD));
      if (weight > best) [owner, best] = [id, weight];
    }
    this.#owners[slot] = owner;
    return owner;
  }
}
