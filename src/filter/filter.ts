// A filter in canonical form, which is what messages are matched against, what the index stores, and
// what distinguishes cohorts. Only leaves are negated, so there is no "not" node. Every test fails on a
// missing tag, so a leaf passes a message without its tag exactly when the leaf is negated.

/** How a tag's value is tested. */
export type Test =
  /** Equal to, starts with, ends with, contains: case-sensitive, compared by UTF-16 code units. */
  | { readonly kind: "eq" | "sw" | "ew" | "ct"; readonly value: string }
  /** One of at least two values, which iterate in ascending order. */
  | { readonly kind: "in"; readonly values: ReadonlySet<string> }
  /** Compared as a number: greater, greater or equal, less, less or equal. The bound is never NaN. */
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly bound: number }
  /** Any value passes. */
  | { readonly kind: "ex" };

/**
 * One test of one tag. `negated` inverts the result, also for a missing tag.
 *
 * The test is an object of its own so that all leaves have the same hidden class. With one class for
 * each kind of test, matching a channel's mixed filters is measurably slower.
 */
export interface Leaf {
  readonly kind: "leaf";
  readonly tag: string;
  readonly negated: boolean;
  readonly test: Test;
}

/** A term of a canonical filter. A branch has at least two terms, none of them a branch of its own kind; a constant occurs only as the whole filter. */
export type Term =
  | Leaf
  | { readonly kind: "and" | "or"; readonly terms: readonly Term[] }
  | { readonly kind: "always" | "never" };

/**
 * A canonical filter. Immutable.
 *
 * `key` is its identity: filters with equal keys pass exactly the same tags. The reverse usually holds
 * but is not guaranteed: two filters of the same meaning may have different keys.
 */
export interface Filter {
  readonly kind: "filter";
  readonly key: string;
  readonly term: Term;
}

/** The filter that passes every message. */
export const EVERYTHING: Filter = { kind: "filter", key: "always", term: { kind: "always" } };
