// What all apps of a node share.
import type { BacklogPool } from "./lag/backlog-pool.ts";

/** What is used on a whole node, by all of its apps. */
export interface NodeUse {
  readonly backlogs: BacklogPool;
  channelCount: number;
}

/** When a node is crowded, and what a connection may have then. `Infinity` is never. */
export interface CrowdLimits {
  readonly maxChannels: number;
  readonly maxSubscriptions: number;
}
