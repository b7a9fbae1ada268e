// Disconnects all clients before the process ends. Clients reconnect at once after close code 4200,
// so closing all of them in one go would hit the servers that take over with all reconnects at the
// same moment.
import type { Peer } from "../hub/ports.ts";
import type { Fault } from "../protocol/faults.ts";

const STEP_MS = 50;
/** Closing more slowly than this helps nobody and only delays the stop. */
const MIN_PER_STEP = 50;
/** The share of the grace period in which sockets are closed. The rest is for clients to answer the close frame. */
const CLOSING_SHARE = 0.7;

/** The clock functions that draining needs. */
export interface DrainClock {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Closes the sockets, a few at a time, within `graceMs`. Sockets with buffered data are closed after they have read
 * it, as far as time allows, because a closed socket gets no more of it.
 */
export async function closeSpread(
  sockets: readonly Peer[],
  fault: Fault,
  graceMs: number,
  { nowMs, sleep }: DrainClock,
): Promise<void> {
  const deadlineMs = nowMs() + graceMs;
  const steps = Math.max(1, Math.floor((graceMs * CLOSING_SHARE) / STEP_MS));
  const perStep = Math.max(MIN_PER_STEP, Math.ceil(sockets.length / steps));
  let waiting: Peer[] = [];
  for (let from = 0; from < sockets.length; from += perStep) {
    if (from > 0) await sleep(STEP_MS);
    waiting.push(...closeReady(sockets.slice(from, from + perStep), fault));
  }
  while (waiting.length > 0 && nowMs() < deadlineMs) {
    await sleep(STEP_MS);
    waiting = closeReady(waiting, fault);
  }
  for (const socket of waiting) socket.close(fault);
}

/** Closes the sockets that have nothing buffered and returns the others. */
function closeReady(sockets: readonly Peer[], fault: Fault): Peer[] {
  const waiting: Peer[] = [];
  for (const socket of sockets) {
    if (socket.bufferedBytes > 0) waiting.push(socket);
    else socket.close(fault);
  }
  return waiting;
}
