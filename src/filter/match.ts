// Matches a message's tags against a filter. This runs once per cohort and publish, so it allocates
// nothing and looks each leaf's tag up once. It never throws, whatever the tags are.

import type { Filter, Term, Test } from "./filter.ts";
import { readNumber } from "./number.ts";
import type { Tags } from "./tags.ts";

/** Whether a message with these tags passes the filter. Allocates nothing, never throws. */
export function matches(filter: Filter, tags: Tags): boolean {
  return holds(filter.term, tags);
}

function holds(term: Term, tags: Tags): boolean {
  switch (term.kind) {
    case "leaf": {
      const value = tags.get(term.tag);
      // A missing tag fails every test, which `negated` then turns into a pass.
      return (value !== undefined && passes(term.test, value)) !== term.negated;
    }
    case "and":
      return !someIs(term.terms, tags, false);
    case "or":
      return someIs(term.terms, tags, true);
    case "always":
      return true;
    case "never":
      return false;
    default:
      return term satisfies never;
  }
}

/** Whether one of the terms has the wanted result. A loop, because `some()` would allocate a closure for each call. */
function someIs(terms: readonly Term[], tags: Tags, wanted: boolean): boolean {
  for (let at = 0; at < terms.length; at++) {
    const term = terms[at];
    if (term !== undefined && holds(term, tags) === wanted) return true;
  }
  return false;
}

function passes(test: Test, value: string): boolean {
  switch (test.kind) {
    case "eq":
      return value === test.value;
    case "in":
      return test.values.has(value);
    case "ex":
      return true;
    case "sw":
      return value.startsWith(test.value);
    case "ew":
      return value.endsWith(test.value);
    case "ct":
      return value.includes(test.value);
    case "gt":
      return readNumber(value) > test.bound;
    case "gte":
      return readNumber(value) >= test.bound;
    case "lt":
      return readNumber(value) < test.bound;
    case "lte":
      return readNumber(value) <= test.bound;
    default:
      return test satisfies never;
  }
}
