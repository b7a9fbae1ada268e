// Looking at one socket's buffer: whether it lags, catches up, or is given up. Who is looked at and
// when is decided outside; see session/slow.ts.
import type { BacklogLimits } from "./backlogs.ts";
import type { AppHub } from "./hub.ts";
import { beginLag, catchUp, giveUp, type Lag } from "./lag.ts";
import type { Socket } from "./ports.ts";
import type { Patience } from "./progress.ts";

/** What slow sockets may do. */
export interface SlowLimits {
  /** Bytes that wait for a client from which on it leaves its topics. */
  readonly lagBytes: number;
  /** Bytes that may wait for a client that takes none of them. */
  readonly bufferBytes: number;
  /** Above so many the runtime may have thrown frames away: without them the rest is worth nothing. */
  readonly lossBytes: number;
  readonly patience: Patience;
  readonly backlogs: BacklogLimits;
}

/** Looks whether the socket keeps up and does what follows. True when it is to be looked at again soon. */
export function lookAt(hub: AppHub, socket: Socket): boolean {
  const { lagBytes, lossBytes } = hub.slow;
  const bytes = socket.bufferedBytes;
  const lag = hub.lags.get(socket);
  if (lag?.givenUp || (lag === undefined && bytes < lagBytes)) return false;
  if (lag !== undefined) {
    lag.progress.look(bytes, hub.nowMs());
    lag.excusedBytes = Math.min(lag.excusedBytes, bytes);
  }
  if (bytes >= lossBytes) {
    giveUp(hub, socket);
    return false;
  }
  if (bytes - (lag?.excusedBytes ?? 0) >= lagBytes) beginLag(hub, socket);
  // Who has room is brought up to date before it is judged.
  if (bytes * 4 < lagBytes && catchUp(hub, socket)) return true;
  const left = hub.lags.get(socket);
  if (left !== undefined && isHopeless(hub, left)) giveUp(hub, socket);
  return false;
}

function isHopeless(hub: AppHub, lag: Lag): boolean {
  const { bufferBytes, patience, backlogs } = hub.slow;
  return (
    lag.isLost ||
    lag.missedBytes > backlogs.maxBytesPerSocket ||
    lag.progress.judge(patience, lag.progress.bufferedBytes >= bufferBytes, hub.nowMs())
  );
}
