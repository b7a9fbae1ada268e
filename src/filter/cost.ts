// What a selection costs whoever holds it: memory while it stands, and time at each publish. Both are
// bounded by those who keep selections; here they are only estimated, on the high side.

import type { Leaf, Term } from "./filter.ts";
import type { Selection } from "./selection.ts";

/** What one selection costs. */
export interface SelectionCost {
  /** Memory of the selection and of its place in an index, about. */
  readonly bytes: number;
  /** Comparisons that one message may need; 0 where a look-up decides. */
  readonly comparisons: number;
}

const SELECTION_BYTES = 512;
const LEAF_BYTES = 224;
/** A text, its place in a set and its place in an index. */
const VALUE_BYTES = 320;
const CHARACTER_BYTES = 2;

const NOTHING: SelectionCost = { bytes: 0, comparisons: 0 };

/** What the selection costs; nothing where it selects the whole channel. */
export function costOf({ key, events, filter }: Selection): SelectionCost {
  if (key === "") return NOTHING;
  let bytes = SELECTION_BYTES;
  for (const name of events ?? []) bytes += VALUE_BYTES + CHARACTER_BYTES * name.length;
  if (filter === undefined) return { bytes, comparisons: 0 };
  const leaves = leavesOf(filter.term);
  for (const leaf of leaves) bytes += leafBytes(leaf);
  return { bytes, comparisons: isLookedUp(leaves) ? 0 : leaves.length };
}

/** A single test for values is a look-up in the index of its channel. */
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
