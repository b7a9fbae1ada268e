// The cohorts of one channel. Most channels have one, which is kept as it is, since a list would take more
// memory than the cohort itself. Lists are made when the second comes.
import { Candidates } from "../filter/candidates.ts";
import type { SelectionCost } from "../filter/cost.ts";
import type { Selection } from "../filter/selection.ts";
import type { Tags } from "../filter/tags.ts";

/** What the list must know of a cohort. */
export interface Listed {
  readonly key: string;
  readonly traits: { readonly selection: Selection };
  readonly cost: SelectionCost;
  wants(event: string, tags: Tags): boolean;
}

/** The list. */
export class Cohorts<Cohort extends Listed> {
  #held: Cohort | Lists<Cohort> | null = null;
  /** Comparisons that their filters need for one message, at most. */
  comparisons: number = 0;

  get size(): number {
    const held = this.#held;
    if (held instanceof Lists) return held.byKey.size;
    return held === null ? 0 : 1;
  }

  /** The only one; null when there are several or none. */
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

  /** Adds a cohort whose key none has. */
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

  /** Visits those that want an event with these tags, at a cost that follows their number and not that of all. */
  forEachWanting(event: string, tags: Tags, visit: (cohort: Cohort) => void): void {
    const held = this.#held;
    if (held instanceof Lists) held.forEachWanting(event, tags, visit);
    else if (held?.wants(event, tags)) visit(held);
  }
}

/** Several cohorts. */
class Lists<Cohort extends Listed> {
  readonly byKey: Map<string, Cohort> = new Map();
  /** Those without a filter of tags. */
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

  /** Returns how many are left. */
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
