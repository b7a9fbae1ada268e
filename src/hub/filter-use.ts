// What filters may cost: the memory that one connection holds with them, and the comparisons that one
// message on a channel can need. Without these bounds one stranger could make every publish of a
// popular channel slow, or fill the memory with a few frames.
import { costOf, type SelectionCost } from "../filter/cost.ts";
import type { SelectionLimits } from "../filter/selection.ts";
import { type Fault, REFUSE } from "../protocol/faults.ts";
import type { Channel } from "./channel.ts";
import { type Cohort, cohortKey, type CohortTraits } from "./cohort.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";

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

/** Why the socket may not have one more filter of this cost, or null. */
export function excessOfSocket(hub: AppHub, socket: Socket, cost: SelectionCost): Fault | null {
  if (cost.bytes === 0) return null;
  const { filters } = hub.delta.options;
  const { bytes, comparisons } = hub.filterUse.get(socket) ?? { bytes: 0, comparisons: 0 };
  if (bytes + cost.bytes > filters.maxBytesPerConnection)
    return REFUSE.filtersTooLarge(filters.maxBytesPerConnection);
  return comparisons + cost.comparisons > filters.maxComparisonsPerConnection
    ? REFUSE.filtersTooCostly(filters.maxComparisonsPerConnection)
    : null;
}

/** Why the channel may not have a cohort with these traits, or null: it has it already, it has no other filter, or there is room. */
export function excessOfChannel(
  hub: AppHub,
  { name, cohorts }: Channel,
  traits: CohortTraits,
): Fault | null {
  const { comparisons } = costOf(traits.selection);
  const { maxComparisonsPerChannel } = hub.delta.options.filters;
  if (cohorts.comparisons === 0 || comparisons <= SIMPLE_COMPARISONS) return null;
  if (cohorts.get(cohortKey(traits)) !== undefined) return null;
  return cohorts.comparisons + comparisons > maxComparisonsPerChannel
    ? REFUSE.channelFiltersTooCostly(name, SIMPLE_COMPARISONS)
    : null;
}

/** Notes that the socket has joined the cohort. */
export function holdFilter(hub: AppHub, socket: Socket, { cost }: Cohort): void {
  if (cost.bytes === 0) return;
  const use = hub.filterUse.getOrInsertComputed(socket, () => ({ bytes: 0, comparisons: 0 }));
  use.bytes += cost.bytes;
  use.comparisons += cost.comparisons;
}

/** Notes that the socket has left the cohort. */
export function releaseFilter(hub: AppHub, socket: Socket, { cost }: Cohort): void {
  const use = hub.filterUse.get(socket);
  if (use === undefined || cost.bytes === 0) return;
  use.bytes -= cost.bytes;
  use.comparisons -= cost.comparisons;
  if (use.bytes === 0) hub.filterUse.delete(socket);
}
