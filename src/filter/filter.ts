// A filter in canonical form: what is matched, what is indexed, and what tells cohorts apart.
// Negation stands on leaves only, so there is no "not" node; and every test fails on a missing
// tag, so `negated` alone decides what a missing tag means.

/** What a tag's value is asked. */
export type Test =
  /** Equal to, starts with, ends with, contains; by UTF-16 units, case counts. */
  | { readonly kind: "eq" | "sw" | "ew" | "ct"; readonly value: string }
  /** One of two values or more; they iterate in ascending order. */
  | { readonly kind: "in"; readonly values: ReadonlySet<string> }
  /** Above, at or above, below, at or below, as a number; never NaN. */
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly bound: number }
  /** Nothing: being there is enough. */
  | { readonly kind: "ex" };

/**
 * Whether one tag passes one test; `negated` turns the answer round, a missing tag included.
 *
 * The test is an object of its own so that all leaves have one shape: with a shape for each kind
 * of test, property access while matching a channel's mixed filters is measurably slower.
 */
export interface Leaf {
  readonly kind: "leaf";
  readonly tag: string;
  readonly negated: boolean;
  readonly test: Test;
}

/** A term of a canonical filter. Branches have two terms or more, none of their own kind; constants stand alone. */
export type Term =
  | Leaf
  | { readonly kind: "and" | "or"; readonly terms: readonly Term[] }
  | { readonly kind: "always" | "never" };

/**
 * A canonical filter. Immutable.
 *
 * `key` is its identity: equal keys accept exactly the same tags. The reverse is a service and no
 * promise: two spellings of one meaning usually, not always, have one key.
 */
export interface Filter {
  readonly kind: "filter";
  readonly key: string;
  readonly term: Term;
}

/** The filter that accepts every message, as a subscription without a filter does. */
export const EVERYTHING: Filter = { kind: "filter", key: "always", term: { kind: "always" } };
