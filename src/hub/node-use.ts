// Resources of a node that all of its apps share.
import type { BacklogPool } from "./lag/backlog-pool.ts";

/** What all apps of the node use together. */
export interface NodeUse {
  readonly backlogs: BacklogPool;
  channelCount: number;
}

/** When a node counts as crowded, and how many subscriptions a connection may have then. `Infinity` means never. */
export interface CrowdLimits {
  readonly maxChannels: number;
  readonly maxSubscriptions: number;
}
