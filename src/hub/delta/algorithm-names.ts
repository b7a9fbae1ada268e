// Which delta frames must name their algorithm. A client decodes a delta without a name by the
// algorithm that it was told last, or as Fossil if it was never told one. Fossil deltas may
// therefore omit the name as long as no subscriber of the cohort has ever been told another
// algorithm. xdelta3 deltas must always name it.
import type { Algorithm } from "../../protocol/delta-request.ts";
import { deltaEnabled, type MessageChannel } from "../../protocol/messages.ts";
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import { tell } from "../send.ts";
import type { Socket } from "../socket.ts";
import type { DeltaState } from "./state.ts";

/**
 * Tells a client which delta algorithm it gets: on one channel or, if `channel` is null, on all channels without an
 * algorithm of their own. `algorithm` null means that it gets no deltas.
 */
export function tellAlgorithm(
  hub: AppHub,
  socket: Socket,
  algorithm: Algorithm | null,
  channel: MessageChannel | null,
): void {
  tell(socket, deltaEnabled(algorithm, channel));
  if (algorithm !== "xdelta3" || hub.toldXdelta3.has(socket)) return;
  hub.toldXdelta3.add(socket);
  for (const { cohort } of socket.subscriptions.values()) cohort.delta?.toldXdelta3.add(socket);
}

/** Records that a socket that joins the cohort has been told xdelta3, if it has. */
export function noteToldXdelta3(hub: AppHub, { delta }: Cohort, socket: Socket): void {
  if (delta !== null && hub.toldXdelta3.has(socket)) delta.toldXdelta3.add(socket);
}

/** Whether the cohort's deltas must name their algorithm, even if the configuration says to omit it. */
export function mustName({ format, toldXdelta3 }: DeltaState): boolean {
  return format.algorithm !== "fossil" || toldXdelta3.size > 0;
}
