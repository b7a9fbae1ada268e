// Sets of values that a tag must have or, if negated, must not have. A missing tag is in no set, and so
// in every negated one: it behaves like an additional value that cannot be listed, so the usual laws of
// sets hold for it too.

/** The listed values, or all values except them. */
export interface ValueSet {
  readonly values: readonly string[];
  /** If true, the set holds every value that is not listed, and the missing tag. */
  readonly negated: boolean;
}

/** The intersection of at least one set. It never lists more values than the sets together, and takes linear time. */
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

/** The union of at least one set. It never lists more values than the sets together, and takes linear time. */
export function joinAll(sets: readonly ValueSet[]): ValueSet {
  return complement(meetAll(sets.map(complement)));
}

function complement(set: ValueSet): ValueSet {
  return { values: set.values, negated: !set.negated };
}
