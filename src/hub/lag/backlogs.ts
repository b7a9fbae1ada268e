// The backlogs of an app's channels, and their memory limits for the app and for the node.
import type { AppHub } from "../app-hub.ts";
import type { Channel } from "../channel.ts";
import { Backlog } from "./backlog.ts";

/** Creates the channel's backlog if necessary, and counts one more lagging socket that uses it. */
export function retainBacklog(hub: AppHub, channel: Channel): Backlog {
  channel.backlog ??= open(hub);
  channel.backlog.socketCount++;
  return channel.backlog;
}

/** Counts one lagging socket less, and removes the channel's backlog with the last one. */
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

/** Shrinks backlogs until the limits of the app and of the node are met. */
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
