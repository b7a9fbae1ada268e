// A filter as written by its author, after validation and before simplification: all values are
// strings, and no list is empty. Produced by parse.ts and consumed by canonical.ts.

/** Comparisons with one value. */
export type ValueComparison = "eq" | "neq" | "sw" | "ew" | "ct" | "gt" | "gte" | "lt" | "lte";

/** Comparisons with a list of values. */
export type ListComparison = "in" | "nin";

/** Comparisons with the mere presence of a tag. */
export type PresenceComparison = "ex" | "nex";

/**
 * One node of a written filter. A branch has at least one node, a `not` exactly one. There are at most
 * `MAX_DEPTH` levels, so recursion is safe.
 */
export type FilterNode =
  | { readonly kind: "and" | "or" | "not"; readonly nodes: readonly FilterNode[] }
  | { readonly kind: ValueComparison; readonly tag: string; readonly value: string }
  | { readonly kind: ListComparison; readonly tag: string; readonly values: readonly string[] }
  | { readonly kind: PresenceComparison; readonly tag: string };
