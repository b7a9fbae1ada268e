// The cohorts of one channel. Most channels have a single cohort. It is stored directly, because a
// list would take more memory than the cohort itself; the lists are created with the second cohort.
import { Candidates } from "../filter/candidates.ts";
import type { SelectionCost } from "../filter/cost.ts";
import type { Selection } from "../filter/selection.ts";
import type { Tags } from "../filter/tags.ts";

/** What the collection needs to know about a cohort. */
export interface Listed {
  readonly key: string;
  readonly traits: { readonly selection: Selection };
  readonly cost: SelectionCost;
  wants(event: string, tags: Tags): boolean;
}

/** The collection of a channel's cohorts. */
export class Cohorts<Cohort extends Listed> {
  #held: Cohort | Lists<Cohort> | null = null;
  /** The maximum number of comparisons that their filters need for one message. */
  comparisons: number = 0;

  get size(): number {
    const held = this.#held;
    if (held instanceof Lists) return held.byKey.size;
    return held === null ? 0 : 1;
  }

  /** The cohort, if there is exactly one; otherwise null. */
  get only(): Cohort | null {
    return this.#held instanceof Lists ? null : this.#held;
  }

  get(key: string): Cohort | undefined {
    const held = this.#held;
    if (held instanceof Lists) return held.byKey.get(key);
    return held?.key === key ? held : undefined;
  }

  values(): Iterable<Cohort> {
    const held = this.#held;
    if (held instanceof Lists) return held.byKey.values();
    return held === null ? [] : [held];
  }

  /** Adds a cohort. No other cohort may have its key. */
  add(cohort: Cohort): void {
    this.comparisons += cohort.cost.comparisons;
    const held = this.#held;
    if (held === null) this.#held = cohort;
    else if (held instanceof Lists) held.add(cohort);
    else this.#held = new Lists([held, cohort]);
  }

  delete(cohort: Cohort): void {
    this.comparisons -= cohort.cost.comparisons;
    const held = this.#held;
    if (!(held instanceof Lists)) this.#held = null;
    else if (held.delete(cohort) === 1) [this.#held = null] = held.byKey.values();
  }

  /**
   * Visits the cohorts that should get an event with this name and these tags. The cost depends on how many cohorts
   * match, not on how many there are.
   */
  forEachWanting(event: string, tags: Tags, visit: (cohort: Cohort) => void): void {
    const held = this.#held;
    if (held instanceof Lists) held.forEachWanting(event, tags, visit);
    else if (held?.wants(event, tags)) visit(held);
  }
}

/** The indexes over two or more cohorts. */
class Lists<Cohort extends Listed> {
  readonly byKey: Map<string, Cohort> = new Map();
  /** Cohorts that do not filter by tags. */
  readonly #open: Cohort[] = [];
  #filtered: Candidates<Cohort> | null = null;

  constructor(cohorts: readonly Cohort[]) {
    for (const cohort of cohorts) this.add(cohort);
  }

  add(cohort: Cohort): void {
    this.byKey.set(cohort.key, cohort);
    const { filter } = cohort.traits.selection;
    if (filter === undefined) this.#open.push(cohort);
    else (this.#filtered ??= new Candidates()).add(filter, cohort);
  }

  /** Returns the number of cohorts that are left. */
  delete(cohort: Cohort): number {
    this.byKey.delete(cohort.key);
    const index = this.#open.indexOf(cohort);
    if (index >= 0) this.#open.splice(index, 1);
    else this.#filtered?.remove(cohort);
    return this.byKey.size;
  }

  forEachWanting(event: string, tags: Tags, visit: (cohort: Cohort) => void): void {
    for (const cohort of this.#open) if (cohort.wants(event, tags)) visit(cohort);
    this.#filtered?.forEachCandidate(tags, (cohort, proven) => {
      const { events } = cohort.traits.selection;
      if (proven ? events?.has(event) !== false : cohort.wants(event, tags)) visit(cohort);
    });
  }
}
