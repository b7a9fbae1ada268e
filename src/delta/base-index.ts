// An index of the places in the base at which a run of six bytes occurs: a hash table with chains, built
// at most once per encode and only if needed. It returns candidates, not matches: the caller compares
// the bytes after the first four. The table is not cleared between builds: entry numbers go on growing,
// so entries of earlier builds are recognised by their lower numbers.

import type { Arena } from "./arena.ts";

/** Bytes that are hashed. A shorter run is not found. */
export const HASHED_BYTES = 6;

/** The most entries that are examined for one position, and so the most candidates. */
export const MAX_CANDIDATE_COUNT = 16;

// The budget of an encode for searches, and the cost of their steps, in nanoseconds as measured in the
// worst case (cache misses, mispredicted branches). Stage 1: after a quarter of the budget, a position
// gets fewer candidates. Stage 2: after all of it, one. Stage 3: after one and a half budgets, none.
// Updates of texts of up to 64 KiB rarely reach stage 2. Only texts full of near-repetitions reach
// stage 3, and these would take three times as long without it.
const LOOK_UP_NS = 25;
const VISIT_NS = 4;
const CANDIDATE_NS = 20;
const BUDGET_NS = 100_000;
const BUDGET_PER_BYTE_NS = 6;
const FRUGAL_SHARE = 0.75;
const FRUGAL_CANDIDATE_COUNT = 4;
const OVERDRAFT_SHARE = 0.5;

// Entry 0 means that there is none: a new table is filled with zeros.
const FIRST_ENTRY = 1;
const LARGEST_INT32 = 0x7fff_ffff;

const MAX_TABLE_BITS = 14;
const MIN_TABLE_BITS = 6;

// A small base is indexed at every position, a larger one at every second or fourth. Matches that are a
// few bytes longer than the hash are still found, and are extended backwards to their start: 9 KB of
// JSON are indexed in a quarter of the time, at the price of 2 % more output.
const EVERY_POSITION_MAX_BYTES = 2048;
const EVERY_SECOND_MAX_BYTES = 8192;

/** An index that is built for one base after another. */
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
   * An index for the bases in `arena`. Entries are numbered from `firstEntry`, which is at least 1.
   * When the numbers are used up, the table is cleared and they start again at 1.
   */
  constructor(arena: Arena, firstEntry: number = FIRST_ENTRY) {
    this.#arena = arena;
    this.#firstOfNextBuild = firstEntry;
    this.#links = new Int32Array(
      Math.max(EVERY_SECOND_MAX_BYTES >> 1, arena.maxInputBytes >> 2) + 1,
    );
  }

  /** Whether this encode has spent its budget; then the caller should also search at fewer positions. */
  get exhausted(): boolean {
    return this.#budgetLeftNs <= 0;
  }

  /** Whether this encode has spent one and a half budgets; then the caller must stop searching. */
  get overdrawn(): boolean {
    return this.#budgetLeftNs < -this.#overdraftNs;
  }

  /** Indexes the base in the arena, and starts a new budget. */
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
    // Two to four slots for each entry keep unrelated entries out of a chain.
    const tableBits = Math.max(MIN_TABLE_BITS, Math.min(MAX_TABLE_BITS, 33 - Math.clz32(count)));
    const tableShift = 32 - tableBits;
    // In descending order, so that a chain begins with the lowest offset, which is the shortest to write.
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
   * Finds offsets in the base at which the bytes at `at` of the next text may occur. It writes them
   * into `candidates`, which has room for `MAX_CANDIDATE_COUNT`, in ascending order, and returns how
   * many there are. At each at least four bytes are equal.
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
