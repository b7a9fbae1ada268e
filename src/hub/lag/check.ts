// Checks the buffer of one socket and decides whether it lags, catches up, or is closed. The
// session layer decides which sockets are checked, and when.
import type { AppHub } from "../app-hub.ts";
import type { Socket } from "../socket.ts";
import { beginLag, catchUp, closeAsTooSlow } from "./catch-up.ts";
import type { Lag } from "./lag.ts";

/**
 * Checks whether the socket keeps up and acts on the result. Returns true if the socket should be checked again soon.
 */
export function checkLag(hub: AppHub, socket: Socket): boolean {
  const { lagBytes, lossBytes } = hub.lag;
  const bytes = socket.bufferedBytes;
  const lag = hub.lags.get(socket);
  if (lag?.isClosing || (lag === undefined && bytes < lagBytes)) return false;
  if (lag !== undefined) {
    lag.progress.sample(bytes, hub.nowMs());
    lag.ownFrameBytes = Math.min(lag.ownFrameBytes, bytes);
  }
  if (bytes >= lossBytes) {
    closeAsTooSlow(hub, socket);
    return false;
  }
  if (bytes - (lag?.ownFrameBytes ?? 0) >= lagBytes) beginLag(hub, socket);
  // A socket with room in its buffer gets what it missed before its progress is judged.
  if (bytes * 4 < lagBytes && catchUp(hub, socket)) return true;
  const left = hub.lags.get(socket);
  if (left !== undefined && isTooSlow(hub, left)) closeAsTooSlow(hub, socket);
  return false;
}

function isTooSlow(hub: AppHub, lag: Lag): boolean {
  const { bufferBytes, progress: limits, backlogs } = hub.lag;
  return (
    lag.hasGap ||
    lag.missedBytes > backlogs.maxBytesPerSocket ||
    lag.progress.judge(limits, lag.progress.bufferedBytes >= bufferBytes, hub.nowMs())
  );
}
