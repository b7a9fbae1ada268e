// What a node needs from other nodes and from the stores that they share. A node that runs alone
// has no cluster. Every promise may be late, may reject, and may never settle: the node bounds the
// wait and reports a rejection. A method may also throw instead, except `close`.
import type { AppHub } from "../hub/app-hub.ts";
import type { CachedEvent } from "../hub/cache.ts";
import type { Arrival } from "../hub/publish.ts";
import type { Fault } from "../protocol/faults.ts";
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

/** An answer about all nodes. */
export interface ClusterAnswer<Value> {
  readonly value: Value;
  /** False if some nodes may be missing in it. */
  readonly isComplete: boolean;
}

/** How far a publication has come for certain: all nodes will get it, or this node has it alone so far. */
export type Reach = "cluster" | "node";

/** The other nodes. */
export interface Cluster {
  /**
   * Prepares for the first subscription of this node to a channel. From then on, what other nodes publish to the
   * channel reaches `Node.arrived`. Called once until `close`.
   */
  open(hub: AppHub, channel: string): Promise<OpenedChannel>;
  /**
   * The same for a channel that was closed a moment ago, if nothing has to be waited for. Returns false, and does
   * nothing, if `open` must be called.
   */
  reopen(hub: AppHub, channel: string): boolean;
  /**
   * Called when the channel has neither a subscriber nor a pending subscription on this node. It also cancels an
   * `open` that has not been answered yet.
   */
  close(hub: AppHub, channel: string): void;
  /**
   * Passes on what is delivered on this node in the same step, and delivers nothing here itself. The promise resolves
   * when it is known how far it has come. The result is there at once, without a promise, if that is certain at once.
   */
  publish(hub: AppHub, arrival: Arrival): Awaitable<Reach>;
  /** Closes the user's connections on the other nodes. */
  terminate(hub: AppHub, userId: string, fault: Fault): Awaitable<Reach>;
  /** Learns whether the users are online on other nodes, and hears of changes until `forgetUsers`. */
  learnUsers(hub: AppHub, userIds: readonly string[]): Awaitable<void>;
  /** Those of the users who are not watched on this node need not be known any more. */
  forgetUsers(hub: AppHub, userIds: readonly string[]): void;
  /** The figures of a channel. Its cached event is in the hub's cache by then. */
  figures(hub: AppHub, channel: string): Awaitable<ClusterAnswer<ChannelFigures>>;
  /** The ids of a presence channel's members. */
  userIds(hub: AppHub, channel: string): Awaitable<ClusterAnswer<readonly string[]>>;
  /** The occupied channels whose names begin with the prefix. */
  channels(
    hub: AppHub,
    prefix: string,
  ): Awaitable<ClusterAnswer<ReadonlyMap<string, ChannelFigures>>>;
  /** Does the periodic work. Called about once a second. */
  tick(): void;
}
