// Which deltas must name their algorithm. A client takes one without a name for the algorithm that it
// was told last, and before that for Fossil's: so those of Fossil may go without one wherever no
// subscriber has ever been told of another. Of others they never do.
import { deltaEnabled } from "../protocol/delta-frames.ts";
import type { Algorithm } from "../protocol/delta-wish.ts";
import type { Cohort } from "./cohort.ts";
import type { DeltaState } from "./delta-state.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";

/** Tells a client which algorithm it gets, on a channel or on all that do not say otherwise; null is none. */
export function tellAlgorithm(
  hub: AppHub,
  socket: Socket,
  algorithm: Algorithm | null,
  channel: string | null,
): void {
  socket.send(deltaEnabled(socket.dialect, algorithm, channel));
  if (algorithm !== "xdelta3" || hub.bilingual.has(socket)) return;
  hub.bilingual.add(socket);
  for (const { cohort } of socket.subscriptions.values()) cohort.delta?.bilingual.add(socket);
}

/** Notes a new member of the cohort. */
export function noteMember(hub: AppHub, { delta }: Cohort, socket: Socket): void {
  if (delta !== null && hub.bilingual.has(socket)) delta.bilingual.add(socket);
}

/** Whether the cohort's deltas must name their algorithm, also where the configuration says that they need not. */
export function mustName({ format, bilingual }: DeltaState): boolean {
  return format.algorithm !== "fossil" || bilingual.size > 0;
}
