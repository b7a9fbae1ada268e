// Which tag values a message must have, at least one of them, to pass a filter: what an index can
// file the filter under. Not every filter has such a cover: `nex` or `gt` name no values.
// Invariant: a message that passes the filter has one of the cover's pairs.

import type { Term } from "./filter.ts";

/**
 * Most pairs of one cover. A filter with more is better visited always than filed everywhere: one
 * subscriber could else make the index thousands of entries large with one frame.
 */
export const MAX_COVER_PAIRS = 128;

/** Pairs of tag and value of which a passing message has at least one. */
export interface Cover {
  readonly arms: ReadonlyMap<string, ReadonlySet<string>>;
  /** Number of pairs, over all arms. */
  readonly pairCount: number;
  /** Whether having one of the pairs is also enough to pass. */
  readonly exact: boolean;
  /** The longest list that one of the pairs is filed in already. */
  readonly peakLoad: number;
}

/** How many filters are filed under a tag and value now. */
export type Load = (tag: string, value: string) => number;

/**
 * The best cover of a term, `undefined` when it has none of at most that many pairs.
 *
 * Where an "and" offers several, the one whose lists are shortest now is taken: of
 * `kind = trade and symbol = X`, subscribed for a thousand symbols, the symbol is what tells the
 * filters apart, and only the lists know it.
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
  // The other terms still have their say.
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
