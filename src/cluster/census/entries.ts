// The entries of a register by key. Most keys are plain channels with subscribers on one node: of these only
// the node and its count are kept, in an object that all such keys share, so that a key costs little more than its name.
import { Entry, type Status } from "./entry.ts";
import { FOLLOW } from "./part.ts";

/** The only part of a known key that has no followers and no members, and was told as occupied. */
export interface PlainPart {
  readonly node: string;
  readonly count: number;
}

/** Parts with greater counts are not shared. */
const MAX_SHARED_COUNT = 64;

/** The entries. */
export class Entries {
  readonly #kept: Map<string, Entry | PlainPart> = new Map();
  /** By node and count. */
  readonly #shared: Map<string, PlainPart[]> = new Map();
  /** Entries that are not known. */
  readonly #unknown: Set<Entry> = new Set();

  get size(): number {
    return this.#kept.size;
  }

  get keys(): Iterable<string> {
    return this.#kept.keys();
  }

  get unknown(): ReadonlySet<Entry> {
    return this.#unknown;
  }

  /** What is kept of a key, to be read only. */
  peek(key: string): Entry | PlainPart | undefined {
    return this.#kept.get(key);
  }

  /** The entry of a key, to be changed. Must be closed afterwards, or it may stay although nothing is left. */
  get(key: string): Entry | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept instanceof Entry) return kept;
    const entry = new Entry(key, "known");
    entry.isTold = true;
    entry.openPart(kept.node).count = kept.count;
    this.#kept.set(key, entry);
    return entry;
  }

  /** Like `get`, with a new entry if there is none. */
  open(key: string, status: (key: string) => Status): Entry {
    const present = this.get(key);
    if (present !== undefined) return present;
    const entry = new Entry(key, "known");
    this.#kept.set(key, entry);
    this.setStatus(entry, status(key));
    return entry;
  }

  /** The entries in which the node has a part, to be changed. */
  *holding(node: string): Iterable<Entry> {
    for (const [key, kept] of this.#kept) {
      if (kept instanceof Entry ? kept.partOf(node) === undefined : kept.node !== node) continue;
      const entry = this.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  /** The entries that have more than a plain part. */
  *full(): Iterable<Entry> {
    for (const kept of this.#kept.values()) if (kept instanceof Entry) yield kept;
  }

  /** Adds a plain part for a key of which nothing is kept. */
  add(key: string, node: string, count: number): void {
    this.#kept.set(key, this.#share(node, count));
  }

  /** Keeps what is left of an entry that was changed. */
  close(entry: Entry): void {
    const { key, parts, holders, status, isTold } = entry;
    const [first] = parts;
    if (holders !== null || parts.length > 1) return;
    if (first === undefined) this.#remove(entry);
    else if (status === "known" && isTold && first.follow === FOLLOW.nothing)
      this.#kept.set(key, this.#share(first.node, first.count));
  }

  setStatus(entry: Entry, status: Status): void {
    entry.status = status;
    if (status === "known") this.#unknown.delete(entry);
    else this.#unknown.add(entry);
  }

  /** The node has no parts any more. */
  forget(node: string): void {
    this.#shared.delete(node);
  }

  #remove(entry: Entry): void {
    this.#kept.delete(entry.key);
    this.#unknown.delete(entry);
  }

  #share(node: string, count: number): PlainPart {
    if (count > MAX_SHARED_COUNT) return { node, count };
    const parts = this.#shared.getOrInsertComputed(node, () => []);
    for (let next = parts.length; next <= count; next++) parts.push({ node, count: next });
    return parts[count] ?? { node, count };
  }
}
