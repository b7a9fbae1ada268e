// Limits on what filters cost: the memory that one connection uses for them, and the comparisons
// that one message on a channel may need. Without these limits a single client could make every
// publish to a popular channel slow, or fill the memory with a few frames.
import { costOf, type SelectionCost } from "../filter/cost.ts";
import { type Fault, REFUSE } from "../protocol/faults.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel, Cohort } from "./channel.ts";
import { cohortKey, type CohortTraits } from "./cohort-traits.ts";
import { SIMPLE_COMPARISONS } from "./filter-limits.ts";
import type { Socket } from "./socket.ts";

/** Why the socket may not have another filter of this cost, or null if it may. */
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

/**
 * Why the channel may not have a cohort with these traits. Null if it already has that cohort, if it has no other
 * filter, or if its budget allows one more.
 */
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

/** Adds the cost of the cohort's filter to what the socket uses. */
export function addFilterCost(hub: AppHub, socket: Socket, { cost }: Cohort): void {
  if (cost.bytes === 0) return;
  const use = hub.filterUse.getOrInsertComputed(socket, () => ({ bytes: 0, comparisons: 0 }));
  use.bytes += cost.bytes;
  use.comparisons += cost.comparisons;
}

/** Subtracts the cost of the cohort's filter from what the socket uses. */
export function subtractFilterCost(hub: AppHub, socket: Socket, { cost }: Cohort): void {
  const use = hub.filterUse.get(socket);
  if (use === undefined || cost.bytes === 0) return;
  use.bytes -= cost.bytes;
  use.comparisons -= cost.comparisons;
  if (use.bytes === 0) hub.filterUse.delete(socket);
}
