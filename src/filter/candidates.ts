// Indexes the filtered cohorts of one channel by the tag values that their filters require, so that a
// publish looks only at the cohorts that may match, and not at all of them.
// Invariant: every cohort whose filter passes is visited, and none is visited twice.

import { chooseCover } from "./cover.ts";
import type { Filter } from "./filter.ts";
import type { Tags } from "./tags.ts";

/**
 * Called with a cohort that may match. With `proven` it is certain to match, because the filter
 * requires nothing beyond what the index has checked; otherwise the caller must call `matches`.
 */
export type Visit<Cohort> = (cohort: Cohort, proven: boolean) => void;

/** A cohort in the index. One without arms is visited by every publish. */
interface Entry<Cohort> {
  readonly cohort: Cohort;
  readonly proven: boolean;
  readonly arms: readonly Arm[];
}

/** One tag of the filter's cover (cover.ts), with the values under which the cohort is filed. */
interface Arm {
  readonly tag: string;
  readonly values: ReadonlySet<string>;
}

/**
 * An index from tag values to cohorts.
 *
 * A filter is filed by value if it consists of `eq` or `in`, has one as an arm of an "and", or has
 * only such arms in an "or". A publish costs one look-up per tag, plus the cohorts found. All other
 * filters are visited by every publish. Adding and removing take time in proportion to the filter's
 * size, which files it under at most `MAX_COVER_PAIRS` values.
 */
export class Candidates<Cohort> {
  readonly #entries = new Map<Cohort, Entry<Cohort>>();
  readonly #unfiled = new Set<Entry<Cohort>>();
  /** By tag, then by value. Inner maps and sets that become empty are removed. */
  readonly #filed = new Map<string, Map<string, Set<Entry<Cohort>>>>();

  /** Number of cohorts in the index. */
  get cohortCount(): number {
    return this.#entries.size;
  }

  /** Adds a cohort. A cohort has one filter: adding it again replaces the filter. */
  add(filter: Filter, cohort: Cohort): void {
    this.remove(cohort);
    const entry = this.#entryOf(filter, cohort);
    this.#entries.set(cohort, entry);
    if (filter.term.kind === "never") return;
    if (entry.arms.length === 0) this.#unfiled.add(entry);
    for (const { tag, values } of entry.arms) {
      for (const value of values) this.#listOf(tag, value).add(entry);
    }
  }

  /** Removes a cohort. Returns whether it was in the index. */
  remove(cohort: Cohort): boolean {
    const entry = this.#entries.get(cohort);
    if (entry === undefined) return false;
    this.#entries.delete(cohort);
    this.#unfiled.delete(entry);
    for (const { tag, values } of entry.arms) {
      for (const value of values) this.#withdraw(entry, tag, value);
    }
    return true;
  }

  /**
   * Visits every cohort whose filter may pass these tags, each once, in no particular order. `visit`
   * may remove cohorts; a cohort that it adds may or may not be visited.
   */
  forEachCandidate(tags: Tags, visit: Visit<Cohort>): void {
    for (const entry of this.#unfiled) visit(entry.cohort, entry.proven);
    // Iterates over the shorter side: a publish may have many tags, and all subscribers together
    // may filter by thousands of them.
    if (this.#filed.size <= tags.size) {
      for (const tag of this.#filed.keys()) this.#visitTag(tag, tags, visit);
    } else {
      for (const tag of tags.keys()) this.#visitTag(tag, tags, visit);
    }
  }

  #visitTag(tag: string, tags: Tags, visit: Visit<Cohort>): void {
    const value = tags.get(tag);
    const list = value === undefined ? undefined : this.#filed.get(tag)?.get(value);
    if (list === undefined) return;
    for (const entry of list) {
      if (isFirstHit(entry.arms, tag, tags)) visit(entry.cohort, entry.proven);
    }
  }

  #entryOf(filter: Filter, cohort: Cohort): Entry<Cohort> {
    const load = (tag: string, value: string): number =>
      this.#filed.get(tag)?.get(value)?.size ?? 0;
    const cover = chooseCover(filter.term, load);
    if (cover === undefined) return { cohort, proven: filter.term.kind === "always", arms: [] };
    const arms = Array.from(cover.arms, ([tag, values]) => ({ tag, values }));
    return { cohort, proven: cover.exact, arms };
  }

  #listOf(tag: string, value: string): Set<Entry<Cohort>> {
    const lists = this.#filed.get(tag) ?? new Map<string, Set<Entry<Cohort>>>();
    this.#filed.set(tag, lists);
    const list = lists.get(value) ?? new Set<Entry<Cohort>>();
    lists.set(value, list);
    return list;
  }

  #withdraw(entry: Entry<Cohort>, tag: string, value: string): void {
    const lists = this.#filed.get(tag);
    const list = lists?.get(value);
    list?.delete(entry);
    if (list?.size === 0) lists?.delete(value);
    if (lists?.size === 0) this.#filed.delete(tag);
  }
}

/**
 * Whether `tag` is the first arm that these tags match. An "or" over several tags is filed under each
 * of them, and this check makes sure that it is visited once. A "visited" mark on the entry would not
 * do: a publish inside `visit` could overwrite it.
 */
function isFirstHit(arms: readonly Arm[], tag: string, tags: Tags): boolean {
  for (const arm of arms) {
    if (arm.tag === tag) break;
    const value = tags.get(arm.tag);
    if (value !== undefined && arm.values.has(value)) return false;
  }
  return true;
}
