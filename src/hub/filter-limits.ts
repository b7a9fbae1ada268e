// What filters may cost, and what those of one connection cost.
import type { SelectionLimits } from "../filter/selection.ts";

/** What the filters of one server may cost. */
export interface FilterLimits extends SelectionLimits {
  /** Memory of all filters of one connection. */
  readonly maxBytesPerConnection: number;
  /** Comparisons that the filters of one connection need, all together. */
  readonly maxComparisonsPerConnection: number;
  /** Comparisons that one message on a channel needs; above it only simple filters are taken. */
  readonly maxComparisonsPerChannel: number;
}

/** A filter with at most this many comparisons is accepted even when the channel's budget is exhausted. */
export const SIMPLE_COMPARISONS = 8;

/** What the filters of one connection cost. Connections without filters have none. */
export interface FilterUse {
  bytes: number;
  comparisons: number;
}
