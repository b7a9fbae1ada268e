// What a node needs of the nodes beside it and of the stores that they share. A node that runs alone has
// none of it. Every promise may be late, may be rejected, and may never be settled: the node bounds the
// wait, and reports a rejection.
import type { AppHub } from "../hub/app-hub.ts";
import type { CachedEvent } from "../hub/cache.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Awaitable } from "./awaitable.ts";

/** What is known of a channel once it can be entered. */
export interface OpenedChannel {
  /** The last event of a cache channel; null for none, and for other channels. */
  readonly cached: CachedEvent | null;
}

/** The figures of one channel over all nodes. 0 for a channel without subscribers. */
export interface ChannelFigures {
  readonly subscriptionCount: number;
  /** Members of a presence channel, else 0. */
  readonly userCount: number;
}

/** The other nodes. */
export interface Cluster {
  /**
   * Makes ready that a socket of this node enters a channel that has none here yet. What is published
   * elsewhere from then on reaches `Node.arrived`. Called once until `close`.
   */
  open(hub: AppHub, channel: string): Promise<OpenedChannel>;
  /** Nobody on this node is on the channel any more, or nobody waits for it: also ends an `open` that is not answered yet. */
  close(hub: AppHub, channel: string): void;
  /** Passes a publication on, after it was delivered here. The result is there when the others are sure to get it; undefined when that is so already. */
  publish(hub: AppHub, publication: Publication): Awaitable<void>;
  /** Closes the user's connections on the other nodes. */
  terminate(hub: AppHub, userId: string, fault: Fault): Awaitable<void>;
  /** The figures of a channel. */
  figures(hub: AppHub, channel: string): Awaitable<ChannelFigures>;
  /** The ids of a presence channel's members. */
  userIds(hub: AppHub, channel: string): Awaitable<readonly string[]>;
  /** The occupied channels whose names begin with the prefix. */
  channels(hub: AppHub, prefix: string): Awaitable<ReadonlyMap<string, ChannelFigures>>;
}
