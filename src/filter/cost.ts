// Estimates what a selection costs: memory while its subscription lasts, and time at each publish. The
// estimates are on the high side. The limits on them are enforced by the callers.

import type { Leaf, Term } from "./filter.ts";
import type { Selection } from "./selection.ts";

/** The cost of one selection. */
export interface SelectionCost {
  /** Approximate memory of the selection and of its entries in an index. */
  readonly bytes: number;
  /** Comparisons that one message may need; 0 if a look-up in the index decides. */
  readonly comparisons: number;
}

const SELECTION_BYTES = 512;
const LEAF_BYTES = 224;
/** Memory of a text, its place in a set and its place in an index. */
const VALUE_BYTES = 320;
const CHARACTER_BYTES = 2;

const NOTHING: SelectionCost = { bytes: 0, comparisons: 0 };

/** The cost of the selection; zero if it selects the whole channel. */
export function costOf({ key, events, filter }: Selection): SelectionCost {
  if (key === "") return NOTHING;
  let bytes = SELECTION_BYTES;
  for (const name of events ?? []) bytes += VALUE_BYTES + CHARACTER_BYTES * name.length;
  if (filter === undefined) return { bytes, comparisons: 0 };
  const leaves = leavesOf(filter.term);
  for (const leaf of leaves) bytes += leafBytes(leaf);
  return { bytes, comparisons: isLookedUp(leaves) ? 0 : leaves.length };
}

/** Whether the filter is a single `eq` or `in`, which a look-up in the channel's index decides. */
function isLookedUp([first, ...others]: readonly Leaf[]): boolean {
  if (first === undefined || others.length > 0 || first.negated) return false;
  return first.test.kind === "eq" || first.test.kind === "in";
}

function leafBytes({ tag, test }: Leaf): number {
  let bytes = LEAF_BYTES + CHARACTER_BYTES * tag.length;
  if ("value" in test) bytes += VALUE_BYTES + CHARACTER_BYTES * test.value.length;
  if ("values" in test)
    for (const value of test.values) bytes += VALUE_BYTES + CHARACTER_BYTES * value.length;
  return bytes;
}

function leavesOf(term: Term): readonly Leaf[] {
  if (term.kind === "leaf") return [term];
  return "terms" in term ? term.terms.flatMap(leavesOf) : [];
}
