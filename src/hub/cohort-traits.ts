// The traits that decide which cohort of a channel a socket belongs to.
import { type Selection, WHOLE_CHANNEL } from "../filter/selection.ts";
import type { Codec } from "../protocol/codec.ts";
import type { Algorithm } from "../protocol/delta-request.ts";

/** What all sockets of a cohort have in common. */
export interface CohortTraits {
  readonly codec: Codec;
  readonly selection: Selection;
  /** Null if messages are always sent whole. */
  readonly delta: DeltaFormat | null;
}

/** How deltas are written. */
export interface DeltaFormat {
  readonly algorithm: Algorithm;
  readonly compact: boolean;
}

/** The traits of sockets that get every message, and get it whole. All their cohorts share one object per codec. */
const PLAIN_TRAITS = new Map<Codec, CohortTraits>();
const PLAIN_KEYS = new Map<Codec, string>();

/**
 * Returns the traits of a socket's cohort. Plain traits are always the same object; other equal traits may be
 * different objects.
 */
export function traitsOf(traits: CohortTraits): CohortTraits {
  const isPlain = traits.selection === WHOLE_CHANNEL && traits.delta === null;
  return isPlain ? PLAIN_TRAITS.getOrInsert(traits.codec, traits) : traits;
}

/** The key of the cohort: equal for equal traits, different for different ones. */
export function cohortKey({ codec, selection, delta }: CohortTraits): string {
  if (delta === null && selection.key === "")
    return PLAIN_KEYS.getOrInsertComputed(codec, () => `${codec.name} `);
  const format = delta === null ? "" : `${delta.algorithm}${delta.compact ? "!" : ""}`;
  return `${codec.name}${format} ${selection.key}`;
}
