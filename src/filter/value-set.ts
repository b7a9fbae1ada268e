// Sets of values that one tag may have, or, negated, may not have. A missing tag is in no set, and
// so in every negated one: it behaves as one more value that nobody can list, and the usual laws
// of sets hold with it.

/** The listed values, or all but them. */
export interface ValueSet {
  readonly values: readonly string[];
  /** True: every value that is not listed, and the missing tag. */
  readonly negated: boolean;
}

/** What is in both sets. Never lists more values than the two did. */
export function meet(left: ValueSet, right: ValueSet): ValueSet {
  if (left.negated && right.negated) {
    return { values: [...left.values, ...right.values], negated: true };
  }
  // At least one of them is a plain list, and the result is what the other leaves of it.
  const [list, other] = left.negated ? [right, left] : [left, right];
  const named = new Set(other.values);
  return {
    values: list.values.filter((value) => named.has(value) !== other.negated),
    negated: false,
  };
}

/** What is in either set. Never lists more values than the two did. */
export function join(left: ValueSet, right: ValueSet): ValueSet {
  return complement(meet(complement(left), complement(right)));
}

function complement(set: ValueSet): ValueSet {
  return { values: set.values, negated: !set.negated };
}
