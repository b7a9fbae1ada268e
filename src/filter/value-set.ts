// Sets of values that one tag may have, or, negated, may not have. A missing tag is in no set, and
// so in every negated one: it behaves as one more value that nobody can list, and the usual laws
// of sets hold with it.

/** The listed values, or all but them. */
export interface ValueSet {
  readonly values: readonly string[];
  /** True: every value that is not listed, and the missing tag. */
  readonly negated: boolean;
}

/** What is in all of the sets, at least one. Never lists more values than they did, and looks at each of these once. */
export function meetAll(sets: readonly ValueSet[]): ValueSet {
  const excluded = new Set(sets.filter(({ negated }) => negated).flatMap(({ values }) => values));
  const [first, ...others] = sets.filter(({ negated }) => !negated);
  if (first === undefined) return { values: [...excluded], negated: true };
  const listed = others.map(({ values }) => new Set(values));
  const values = first.values.filter(
    (value) => !excluded.has(value) && listed.every((list) => list.has(value)),
  );
  return { values, negated: false };
}

/** What is in any of the sets, at least one. Never lists more values than they did, and looks at each of these once. */
export function joinAll(sets: readonly ValueSet[]): ValueSet {
  return complement(meetAll(sets.map(complement)));
}

function complement(set: ValueSet): ValueSet {
  return { values: set.values, negated: !set.negated };
}
