// The memory that is kept for slow sockets: one backlog for each channel with such sockets, counted
// for the app and for the node.
import { Backlog } from "./backlog.ts";
import type { Channel } from "./channel.ts";
import type { AppHub } from "./hub.ts";

/** How much may be kept for slow sockets, in bytes. */
export interface WaitingLimits {
  readonly maxBytesPerSocket: number;
  readonly maxBytesPerApp: number;
  readonly maxBytesPerNode: number;
}

/** Keeps from now on what one more slow socket misses on the channel. */
export function keepFor(hub: AppHub, channel: Channel): Backlog {
  channel.backlog ??= new Backlog(hub.app.limits.maxEventDataBytes, (bytes) => {
    hub.waitingBytes += bytes;
    hub.nodeUse.waitingBytes += bytes;
  });
  channel.backlog.socketCount++;
  return channel.backlog;
}

/** Keeps nothing more for one of the channel's slow sockets. */
export function keepNoMore(channel: Channel): void {
  const { backlog } = channel;
  if (backlog === null) return;
  backlog.socketCount--;
  if (backlog.socketCount > 0) return;
  backlog.clear();
  channel.backlog = null;
}

/** Whether more is kept than the app or the node may. */
export function isOverBudget({ waitingBytes, nodeUse, slow }: AppHub): boolean {
  const { maxBytesPerApp, maxBytesPerNode } = slow.waiting;
  return waitingBytes > maxBytesPerApp || nodeUse.waitingBytes > maxBytesPerNode;
}
