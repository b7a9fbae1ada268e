// What decides which cohort of a channel a socket belongs to.
import { type Selection, WHOLE_CHANNEL } from "../filter/selection.ts";
import type { Codec } from "../protocol/codec.ts";
import type { Algorithm } from "../protocol/delta-request.ts";

/** What sockets of one cohort have in common. */
export interface CohortTraits {
  readonly codec: Codec;
  readonly selection: Selection;
  /** Null where messages are always whole. */
  readonly delta: DeltaFormat | null;
}

/** How deltas are written. */
export interface DeltaFormat {
  readonly algorithm: Algorithm;
  readonly compact: boolean;
}

/** The traits of sockets that want whole messages and all of them: one object for all of their cohorts. */
const PLAIN_TRAITS = new Map<Codec, CohortTraits>();
const PLAIN_KEYS = new Map<Codec, string>();

/** The traits of a socket's cohort. Equal traits are not always one object; the plain ones are. */
export function traitsOf(traits: CohortTraits): CohortTraits {
  const isPlain = traits.selection === WHOLE_CHANNEL && traits.delta === null;
  return isPlain ? PLAIN_TRAITS.getOrInsert(traits.codec, traits) : traits;
}

/** Equal for equal traits, and only for them. */
export function cohortKey({ codec, selection, delta }: CohortTraits): string {
  if (delta === null && selection.key === "")
    return PLAIN_KEYS.getOrInsertComputed(codec, () => `${codec.name} `);
  const format = delta === null ? "" : `${delta.algorithm}${delta.compact ? "!" : ""}`;
  return `${codec.name}${format} ${selection.key}`;
}
