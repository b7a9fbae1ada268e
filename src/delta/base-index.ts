// Where in the base a run of six bytes occurs: a hash table with chains, built at most once per
// encode and only when an encode needs it. It answers with candidates, never with matches: bytes
// beyond the first four have yet to be compared. It is never cleared: entries are numbered on over
// all builds, and those of earlier builds lie below the current ones.

import type { Arena } from "./arena.ts";

/** Bytes that are hashed; a shorter run is not found. */
export const HASHED_BYTES = 6;

/** Entries that are looked at for one position at most, and so the most candidates there are. */
export const MAX_CANDIDATE_COUNT = 16;

// What a search costs, in nanoseconds, as measured at the worst: memory out of cache, branches
// guessed wrong. An encode may spend so much, and when a quarter of that is gone a position gets
// fewer candidates. When all is gone it gets one, and when half as much again is gone none. Updates
// of texts up to 64 KiB rarely come to the second stage; what comes to the last is made of endless
// near-repetitions, and would take three times as long.
const LOOK_UP_NS = 25;
const VISIT_NS = 4;
const CANDIDATE_NS = 20;
const BUDGET_NS = 100_000;
const BUDGET_PER_BYTE_NS = 6;
const FRUGAL_SHARE = 0.75;
const FRUGAL_CANDIDATE_COUNT = 4;
const OVERDRAFT_SHARE = 0.5;

// Entry 0 means none, and a new table is full of it.
const FIRST_ENTRY = 1;
const LARGEST_INT32 = 0x7fff_ffff;

const MAX_TABLE_BITS = 14;
const MIN_TABLE_BITS = 6;

// Every position of a small base, every second or fourth of a larger one. A match a few bytes
// longer is still found, and extended backwards to its start: 9 KB of JSON are indexed in a quarter
// of the time, for 2 % more output.
const EVERY_POSITION_MAX_BYTES = 2048;
const EVERY_SECOND_MAX_BYTES = 8192;

/** The index of one base at a time. */
export class BaseIndex {
  readonly #arena: Arena;
  readonly #heads = new Int32Array(1 << MAX_TABLE_BITS);
  readonly #links: Int32Array;
  #first = FIRST_ENTRY;
  #firstOfNextBuild: number;
  #strideBits = 0;
  #tableShift = 32 - MIN_TABLE_BITS;
  #budgetLeftNs = 0;
  #frugalBelowNs = 0;
  #overdraftNs = 0;

  /**
   * An index of the bases in `arena`. Entries are numbered from `firstEntry` on, at least 1, until
   * the numbers are used up; then the table is cleared and they begin at 1.
   */
  constructor(arena: Arena, firstEntry: number = FIRST_ENTRY) {
    this.#arena = arena;
    this.#firstOfNextBuild = firstEntry;
    this.#links = new Int32Array(
      Math.max(EVERY_SECOND_MAX_BYTES >> 1, arena.maxInputBytes >> 2) + 1,
    );
  }

  /** Whether this encode has spent its budget: its caller should search at fewer places, too. */
  get exhausted(): boolean {
    return this.#budgetLeftNs <= 0;
  }

  /** Whether this encode has spent half as much again: its caller must search no more. */
  get overdrawn(): boolean {
    return this.#budgetLeftNs < -this.#overdraftNs;
  }

  /** Indexes the base in the arena, and begins a new budget. */
  build(): void {
    const { view, baseAt, baseLength } = this.#arena;
    const heads = this.#heads;
    const links = this.#links;
    const strideBits =
      baseLength <= EVERY_POSITION_MAX_BYTES ? 0 : baseLength <= EVERY_SECOND_MAX_BYTES ? 1 : 2;
    const count = baseLength < HASHED_BYTES ? 0 : ((baseLength - HASHED_BYTES) >> strideBits) + 1;
    if (this.#firstOfNextBuild > LARGEST_INT32 - count) {
      heads.fill(0);
      this.#firstOfNextBuild = FIRST_ENTRY;
    }
    const first = this.#firstOfNextBuild;
    // Two to four slots an entry: fewer chains to walk in vain.
    const tableBits = Math.max(MIN_TABLE_BITS, Math.min(MAX_TABLE_BITS, 33 - Math.clz32(count)));
    const tableShift = 32 - tableBits;
    // Downwards, so that a chain begins with the lowest offset, which is the shortest to write.
    for (let place = count - 1; place >= 0; place--) {
      const slot = hashAt(view, baseAt + (place << strideBits), tableShift);
      links[place] = heads[slot] ?? 0;
      heads[slot] = first + place;
    }
    this.#first = first;
    this.#firstOfNextBuild = first + count;
    this.#strideBits = strideBits;
    this.#tableShift = tableShift;
    this.#budgetLeftNs = BUDGET_NS + this.#arena.nextLength * BUDGET_PER_BYTE_NS;
    this.#frugalBelowNs = this.#budgetLeftNs * FRUGAL_SHARE;
    this.#overdraftNs = this.#budgetLeftNs * OVERDRAFT_SHARE;
  }

  /**
   * Puts offsets in the base at which the bytes at `at` of the next text may occur into
   * `candidates`, which has room for `MAX_CANDIDATE_COUNT`, the lowest first, and answers how many.
   * At least four bytes are equal at each.
   */
  find(at: number, candidates: Int32Array): number {
    const { view, baseAt } = this.#arena;
    const links = this.#links;
    const first = this.#first;
    const strideBits = this.#strideBits;
    const head = view.getInt32(at, true);
    const maxVisits = this.#maxVisits();
    let entry = this.#heads[hashAt(view, at, this.#tableShift)] ?? 0;
    let visits = 0;
    let count = 0;
    while (entry >= first && visits < maxVisits) {
      const offset = (entry - first) << strideBits;
      if (view.getInt32(baseAt + offset, true) === head) candidates[count++] = offset;
      entry = links[entry - first] ?? 0;
      visits++;
    }
    this.#budgetLeftNs -= LOOK_UP_NS + visits * VISIT_NS + count * CANDIDATE_NS;
    return count;
  }

  #maxVisits(): number {
    if (this.#budgetLeftNs > this.#frugalBelowNs) return MAX_CANDIDATE_COUNT;
    return this.#budgetLeftNs > 0 ? FRUGAL_CANDIDATE_COUNT : 1;
  }
}

function hashAt(view: DataView, at: number, tableShift: number): number {
  const tail = Math.imul(view.getInt32(at + 2, true), 0x85eb_ca6b);
  return Math.imul(view.getInt32(at, true) ^ tail, 0x9e37_79b1) >>> tableShift;
}
