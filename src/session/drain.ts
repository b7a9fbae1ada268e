// Sending all clients elsewhere before the process ends. Clients come back at once after 4200, so
// that closing them in one go would be a wave for whoever takes over.
import type { Socket } from "../hub/ports.ts";
import type { Fault } from "../protocol/faults.ts";

const STEP_MS = 50;
/** Below this pace spreading helps nobody and only makes a stop slower. */
const MIN_PER_STEP = 50;
/** The share of the grace period in which closes are sent; the rest is for clients to answer. */
const CLOSING_SHARE = 0.7;

/** Closes the sockets, a few at a time, within `graceMs`. */
export async function closeSpread(
  sockets: readonly Socket[],
  fault: Fault,
  graceMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const steps = Math.max(1, Math.floor((graceMs * CLOSING_SHARE) / STEP_MS));
  const perStep = Math.max(MIN_PER_STEP, Math.ceil(sockets.length / steps));
  for (let from = 0; from < sockets.length; from += perStep) {
    if (from > 0) await sleep(STEP_MS);
    for (const socket of sockets.slice(from, from + perStep)) socket.close(fault);
  }
}
