// What filters may cost: the memory that one connection holds with them, and the comparisons that one
// message on a channel can need. Without these bounds one stranger could make every publish of a
// popular channel slow, or fill the memory with a few frames.
import type { SelectionCost } from "../filter/cost.ts";
import type { SelectionLimits } from "../filter/selection.ts";
import { type Fault, REFUSE } from "../protocol/faults.ts";
import type { Channel } from "./channel.ts";
import type { Cohort } from "./cohort.ts";
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

/** A filter with no more comparisons is simple: it is taken also where others have used a channel's allowance up. */
export const SIMPLE_COMPARISONS = 8;

/** What the filters of one connection cost. Connections without filters have none. */
export interface FilterUse {
  bytes: number;
  comparisons: number;
}

/** Why the socket may not have one more filter of this cost, or null. */
export function surplusOfSocket(hub: AppHub, socket: Socket, cost: SelectionCost): Fault | null {
  if (cost.bytes === 0) return null;
  const { filters } = hub.delta.options;
  const { bytes, comparisons } = hub.filterUse.get(socket) ?? { bytes: 0, comparisons: 0 };
  if (bytes + cost.bytes > filters.maxBytesPerConnection)
    return REFUSE.filtersTooLarge(filters.maxBytesPerConnection);
  return comparisons + cost.comparisons > filters.maxComparisonsPerConnection
    ? REFUSE.filtersTooCostly(filters.maxComparisonsPerConnection)
    : null;
}

/** Why the channel may not have one more cohort with a filter of this cost, or null. */
export function surplusOfChannel(
  hub: AppHub,
  channel: Channel,
  { comparisons }: SelectionCost,
): Fault | null {
  const { maxComparisonsPerChannel } = hub.delta.options.filters;
  const isOver = channel.cohorts.comparisons + comparisons > maxComparisonsPerChannel;
  return isOver && comparisons > SIMPLE_COMPARISONS
    ? REFUSE.channelFiltersTooCostly(channel.name, SIMPLE_COMPARISONS)
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
