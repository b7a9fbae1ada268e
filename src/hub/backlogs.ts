// The backlogs of all channels with slow sockets, and what they may take together: for one app and for
// the node. Over that, the largest loses its older half: whoever has not come past it cannot catch up
// any more, and nobody else notices.
import { Backlog } from "./backlog.ts";
import type { Channel } from "./channel.ts";
import type { AppHub } from "./hub.ts";

/** What backlogs may take, in bytes. */
export interface BacklogLimits {
  /** What one socket may have missed. */
  readonly maxBytesPerSocket: number;
  readonly maxBytesPerApp: number;
  readonly maxBytesPerNode: number;
}

/** Backlogs that share a bound, and what they take. */
export class BacklogPool {
  readonly #backlogs: Set<Backlog> = new Set();
  bytes = 0;

  add(backlog: Backlog): void {
    this.#backlogs.add(backlog);
  }

  delete(backlog: Backlog): void {
    this.#backlogs.delete(backlog);
  }

  /** Halves the largest until they take no more than that. */
  shrinkTo(maxBytes: number): void {
    while (this.bytes > maxBytes) {
      let largest: Backlog | null = null;
      for (const backlog of this.#backlogs)
        if (largest === null || backlog.bytes > largest.bytes) largest = backlog;
      if (largest === null) return;
      largest.halve();
    }
  }
}

/** Keeps from now on what one more slow socket misses on the channel. */
export function keepFor(hub: AppHub, channel: Channel): Backlog {
  channel.backlog ??= open(hub);
  channel.backlog.socketCount++;
  return channel.backlog;
}

/** Keeps nothing more for one of the channel's slow sockets. */
export function keepNoMore(hub: AppHub, channel: Channel): void {
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
export function boundBacklogs({ backlogs, nodeUse, slow }: AppHub): void {
  backlogs.shrinkTo(slow.backlogs.maxBytesPerApp);
  nodeUse.backlogs.shrinkTo(slow.backlogs.maxBytesPerNode);
}

function open(hub: AppHub): Backlog {
  const pools = [hub.backlogs, hub.nodeUse.backlogs];
  const backlog = new Backlog(hub.app.limits.maxEventDataBytes, (bytes) => {
    for (const pool of pools) pool.bytes += bytes;
  });
  for (const pool of pools) pool.add(backlog);
  return backlog;
}
