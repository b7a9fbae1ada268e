// Looking at one socket's buffer: whether it lags, catches up, or is given up. Who is looked at and
// when is decided outside; see session/slow.ts.
import type { AppHub } from "./hub.ts";
import { beginLag, catchUp, giveUp, type Lag } from "./lag.ts";
import type { Socket } from "./ports.ts";
import type { Patience } from "./progress.ts";
import { isOverBudget, type WaitingLimits } from "./waiting.ts";

/** What slow sockets may do. */
export interface SlowLimits {
  /** Bytes that wait for a client from which on it leaves its topics. */
  readonly lagBytes: number;
  /** Bytes that may wait for a client that takes none of them. */
  readonly bufferBytes: number;
  /** Above so many the runtime may have thrown frames away: without them the rest is worth nothing. */
  readonly lossBytes: number;
  readonly patience: Patience;
  readonly waiting: WaitingLimits;
}

/** Looks whether the socket keeps up and does what follows. True when it is to be looked at again soon. */
export function lookAt(hub: AppHub, socket: Socket): boolean {
  const { lagBytes, lossBytes } = hub.slow;
  const bytes = socket.bufferedBytes;
  const lag = hub.lags.get(socket);
  if (lag?.givenUp || (lag === undefined && bytes < lagBytes)) return false;
  if (lag !== undefined) lag.progress.look(bytes, hub.nowMs());
  if (bytes >= lossBytes || (lag !== undefined && isHopeless(hub, lag))) {
    giveUp(hub, socket);
    return false;
  }
  if (lag !== undefined) lag.excusedBytes = Math.min(lag.excusedBytes, bytes);
  if (bytes - (lag?.excusedBytes ?? 0) >= lagBytes) beginLag(hub, socket);
  return bytes * 4 < lagBytes && catchUp(hub, socket);
}

/** Gives up those for whom the most is kept, until the app and the node are within their bounds. */
export function relieve(hub: AppHub): void {
  if (!isOverBudget(hub)) return;
  const costs = Array.from(hub.lags, ([socket, lag]) => ({ socket, bytes: lag.bytes }));
  for (const { socket } of costs.toSorted((a, b) => b.bytes - a.bytes)) {
    giveUp(hub, socket);
    if (!isOverBudget(hub)) return;
  }
}

function isHopeless(hub: AppHub, lag: Lag): boolean {
  const { bufferBytes, patience, waiting } = hub.slow;
  const isOver = lag.progress.bufferedBytes >= bufferBytes;
  return (
    lag.isLost ||
    lag.bytes > waiting.maxBytesPerSocket + bufferBytes ||
    lag.progress.isTooSlow(patience, isOver, hub.nowMs())
  );
}
