// The filtered cohorts of one channel, filed under the tag values they ask for, so that a publish
// looks at those it can concern and not at all of them.
// Invariant: every cohort whose filter the tags pass is visited, and none is visited twice.

import { chooseCover } from "./cover.ts";
import type { Filter } from "./filter.ts";
import type { Tags } from "./tags.ts";

/**
 * Called with a cohort that may match. `proven` says that it does: the index has already seen all
 * that its filter asks; otherwise `matches` must be asked.
 */
export type Visit<Cohort> = (cohort: Cohort, proven: boolean) => void;

/** A cohort in the index. Without arms it is visited by every publish. */
interface Entry<Cohort> {
  readonly cohort: Cohort;
  readonly proven: boolean;
  readonly arms: readonly Arm[];
}

/** One tag of an entry's cover. */
interface Arm {
  readonly tag: string;
  readonly values: ReadonlySet<string>;
}

/**
 * An index from tag values to cohorts.
 *
 * `eq` and `in`, alone, as arms of an "and" or as all arms of an "or", are filed by value: a
 * publish costs one look-up per tag plus the cohorts found. Filters without such an arm are
 * visited by every publish. Adding or removing costs what the filter's size is, at most 512
 * filings.
 */
export class Candidates<Cohort> {
  readonly #entries = new Map<Cohort, Entry<Cohort>>();
  readonly #unfiled = new Set<Entry<Cohort>>();
  /** Tag, then value, to the entries filed there. No empty inner map or set is kept. */
  readonly #filed = new Map<string, Map<string, Set<Entry<Cohort>>>>();

  /** Number of cohorts in the index. */
  get cohortCount(): number {
    return this.#entries.size;
  }

  /** Puts a cohort in. A cohort has one filter: adding it again replaces the filter. */
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

  /** Takes a cohort out. Returns whether it was there. */
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
   * Visits every cohort that a message with these tags may concern, each once, in no stated order.
   * `visit` may remove cohorts; whether one that it adds is visited is not stated.
   */
  forEachCandidate(tags: Tags, visit: Visit<Cohort>): void {
    for (const entry of this.#unfiled) visit(entry.cohort, entry.proven);
    // Either side can be the long one: a publish with many tags, or subscribers that between them
    // ask for thousands of tags.
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
 * Whether `tag` is the first of the arms that the tags hit. An "or" over several tags is filed
 * under each of them; this is what makes it visited once, without a mark that a visit within a
 * visit could overwrite.
 */
function isFirstHit(arms: readonly Arm[], tag: string, tags: Tags): boolean {
  for (const arm of arms) {
    if (arm.tag === tag) break;
    const value = tags.get(arm.tag);
    if (value !== undefined && arm.values.has(value)) return false;
  }
  return true;
}
