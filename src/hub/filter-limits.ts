// The limits on filters, and the usage of one connection.
import type { SelectionLimits } from "../filter/selection.ts";

/** What filters may cost on this server. */
export interface FilterLimits extends SelectionLimits {
  /** Maximum memory of all filters of one connection. */
  readonly maxBytesPerConnection: number;
  /** Maximum number of comparisons, summed over all filters of one connection. */
  readonly maxComparisonsPerConnection: number;
  /**
   * Maximum number of comparisons that one message on a channel may need. Beyond it only simple filters are accepted.
   */
  readonly maxComparisonsPerChannel: number;
}

/** A filter with at most this many comparisons is accepted even when the channel's budget is exhausted. */
export const SIMPLE_COMPARISONS = 8;

/** What the filters of one connection cost. Connections without filters have no such object. */
export interface FilterUse {
  bytes: number;
  comparisons: number;
}
