// Finds a filter's cover: pairs of tag and value of which a message must have at least one in order to
// pass, and under which an index can file the filter. Not every filter has a cover: `nex` and `gt`
// require no particular value.
// Invariant: a message that passes the filter has one of the cover's pairs.

import type { Term } from "./filter.ts";

/**
 * The most pairs of one cover. A filter that would need more is not filed, and is visited by every
 * publish: otherwise a single frame could add thousands of entries to the index.
 */
export const MAX_COVER_PAIRS = 128;

/** Pairs of tag and value, of which every message that passes has at least one. */
export interface Cover {
  readonly arms: ReadonlyMap<string, ReadonlySet<string>>;
  /** Number of pairs in all arms. */
  readonly pairCount: number;
  /** Whether one of the pairs is also sufficient to pass. */
  readonly exact: boolean;
  /** The most filters that are filed under one of the pairs already. */
  readonly peakLoad: number;
}

/** How many filters are filed under a pair of tag and value at the moment. */
export type Load = (tag: string, value: string) => number;

/**
 * The best cover of a term; `undefined` when it has none with at most `MAX_COVER_PAIRS` pairs.
 *
 * If an "and" has several, the one with the fewest filters under its pairs is chosen. Example: with
 * subscriptions to `kind = trade and symbol = X` for a thousand symbols, filing by `kind` would put
 * all of them under one pair, while `symbol` tells them apart.
 */
export function chooseCover(term: Term, load: Load): Cover | undefined {
  if (term.kind === "and") return coverOfOne(term.terms, load);
  if (term.kind === "or") return coverOfAll(term.terms, load);
  if (term.kind !== "leaf" || term.negated) return undefined;
  const { test, tag } = term;
  if (test.kind === "eq") return coverOf(tag, new Set([test.value]), load);
  return test.kind === "in" ? coverOf(tag, test.values, load) : undefined;
}

function coverOf(tag: string, values: ReadonlySet<string>, load: Load): Cover | undefined {
  if (values.size > MAX_COVER_PAIRS) return undefined;
  let peakLoad = 0;
  for (const value of values) peakLoad = Math.max(peakLoad, load(tag, value));
  return { arms: new Map([[tag, values]]), pairCount: values.size, exact: true, peakLoad };
}

function coverOfOne(terms: readonly Term[], load: Load): Cover | undefined {
  let best: Cover | undefined;
  for (const term of terms) {
    const cover = chooseCover(term, load);
    if (cover !== undefined && (best === undefined || isBetter(cover, best))) best = cover;
  }
  // The other terms must hold as well, so having a pair of this cover is not sufficient.
  return best === undefined ? undefined : { ...best, exact: false };
}

function isBetter(cover: Cover, best: Cover): boolean {
  if (cover.peakLoad !== best.peakLoad) return cover.peakLoad < best.peakLoad;
  return cover.pairCount < best.pairCount;
}

function coverOfAll(terms: readonly Term[], load: Load): Cover | undefined {
  const arms = new Map<string, ReadonlySet<string>>();
  let pairCount = 0;
  let exact = true;
  let peakLoad = 0;
  for (const term of terms) {
    const cover = chooseCover(term, load);
    if (cover === undefined) return undefined;
    pairCount += cover.pairCount;
    if (pairCount > MAX_COVER_PAIRS) return undefined;
    exact &&= cover.exact;
    peakLoad = Math.max(peakLoad, cover.peakLoad);
    for (const [tag, values] of cover.arms) {
      arms.set(tag, new Set([...(arms.get(tag) ?? []), ...values]));
    }
  }
  return { arms, pairCount, exact, peakLoad };
}
