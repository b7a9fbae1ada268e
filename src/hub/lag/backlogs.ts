// The backlogs of the channels of an app, and the bounds that hold for the app and for the node.
import type { AppHub } from "../app-hub.ts";
import type { Channel } from "../channel.ts";
import { Backlog } from "./backlog.ts";

/** Keeps from now on what one more lagging socket misses on the channel. */
export function retainBacklog(hub: AppHub, channel: Channel): Backlog {
  channel.backlog ??= open(hub);
  channel.backlog.socketCount++;
  return channel.backlog;
}

/** Keeps nothing more for one of the channel's lagging sockets. */
export function releaseBacklog(hub: AppHub, channel: Channel): void {
  const { backlog } = channel;
  if (backlog === null) return;
  backlog.socketCount--;
  if (backlog.socketCount > 0) return;
  backlog.clear();
  channel.backlog = null;
  hub.backlogs.delete(backlog);
  hub.nodeUse.backlogs.delete(backlog);
}

/** Sees to it that the backlogs take no more than they may. */
export function boundBacklogs({ backlogs, nodeUse, lag }: AppHub): void {
  backlogs.shrinkTo(lag.backlogs.maxBytesPerApp);
  nodeUse.backlogs.shrinkTo(lag.backlogs.maxBytesPerNode);
}

function open(hub: AppHub): Backlog {
  const pools = [hub.backlogs, hub.nodeUse.backlogs];
  const backlog = new Backlog(hub.app.limits.maxEventDataBytes, (bytes) => {
    for (const pool of pools) pool.bytes += bytes;
  });
  for (const pool of pools) pool.add(backlog);
  return backlog;
}
