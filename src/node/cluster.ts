// What a node needs from other nodes and from the stores that they share. A node that runs alone
// has no cluster. Every promise may be late, may reject, and may never settle: the node bounds the
// wait and reports a rejection. A method may also throw instead, except `close`.
import type { AppHub } from "../hub/app-hub.ts";
import type { CachedEvent } from "../hub/cache.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Awaitable } from "./awaitable.ts";

/** What is known about a channel once sockets can subscribe to it. */
export interface OpenedChannel {
  /** The last event of a cache channel. Null if there is none, and for other kinds of channels. */
  readonly cached: CachedEvent | null;
}

/** The figures of one channel, over all nodes. 0 for a channel without subscribers. */
export interface ChannelFigures {
  readonly subscriptionCount: number;
  /** The number of members of a presence channel; 0 for other kinds. */
  readonly userCount: number;
}

/** The other nodes. */
export interface Cluster {
  /**
   * Prepares for the first subscription of this node to a channel. From then on, what other nodes publish to the
   * channel reaches `Node.arrived`. Called once until `close`.
   */
  open(hub: AppHub, channel: string): Promise<OpenedChannel>;
  /**
   * Called when the channel has neither a subscriber nor a pending subscription on this node. It also cancels an
   * `open` that has not been answered yet.
   */
  close(hub: AppHub, channel: string): void;
  /**
   * Passes on a publication that has been delivered on this node. The promise resolves when the other nodes are sure
   * to get it. The result is undefined, without a promise, if that is certain at once.
   */
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
