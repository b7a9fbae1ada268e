// Sending all clients elsewhere before the process ends. Clients come back at once after 4200, so
// that closing them in one go would be a wave for whoever takes over.
import type { Peer } from "../hub/ports.ts";
import type { Fault } from "../protocol/faults.ts";

const STEP_MS = 50;
/** Below this pace spreading helps nobody and only makes a stop slower. */
const MIN_PER_STEP = 50;
/** The share of the grace period in which closes are sent; the rest is for clients to answer. */
const CLOSING_SHARE = 0.7;

/** What draining needs of the clock. */
export interface DrainClock {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Closes the sockets, a few at a time, within `graceMs`. A socket for which data still waits gets it
 * first, as long as the time lasts: a closed one is not waited for.
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

/** Closes the sockets for which nothing waits and returns the others. */
function closeReady(sockets: readonly Peer[], fault: Fault): Peer[] {
  const waiting: Peer[] = [];
  for (const socket of sockets) {
    if (socket.bufferedBytes > 0) waiting.push(socket);
    else socket.close(fault);
  }
  return waiting;
}
