// A filter as its author wrote it, after validation: every text is a string, every list is filled,
// nothing is simplified yet. Only parsing makes these and only canonicalisation reads them.

/** Comparisons with one value. */
export type ValueComparison = "eq" | "neq" | "sw" | "ew" | "ct" | "gt" | "gte" | "lt" | "lte";

/** Comparisons with a list of values. */
export type ListComparison = "in" | "nin";

/** Comparisons with the mere presence of a tag. */
export type PresenceComparison = "ex" | "nex";

/**
 * One node of a written filter. A branch has one node or more, a `not` exactly one.
 * At most 16 levels, which is what makes recursion over it safe.
 */
export type FilterNode =
  | { readonly kind: "and" | "or" | "not"; readonly nodes: readonly FilterNode[] }
  | { readonly kind: ValueComparison; readonly tag: string; readonly value: string }
  | { readonly kind: ListComparison; readonly tag: string; readonly values: readonly string[] }
  | { readonly kind: PresenceComparison; readonly tag: string };
