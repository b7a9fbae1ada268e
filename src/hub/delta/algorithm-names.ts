// Which deltas must name their algorithm. A client decodes a delta without a name by the algorithm that
// it was told last, and by Fossil's before it was told any. So Fossil deltas may go without a name as
// long as no subscriber of the cohort has ever been told of another algorithm; xdelta3 deltas never may.
import type { Algorithm } from "../../protocol/delta-request.ts";
import { deltaEnabled, type MessageChannel } from "../../protocol/messages.ts";
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import { tell } from "../send.ts";
import type { Socket } from "../socket.ts";
import type { DeltaState } from "./state.ts";

/** Tells a client which algorithm it gets, on one channel or, with null, on all channels that do not say otherwise. A null algorithm is none. */
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

/** Notes a new socket of the cohort. */
export function noteToldXdelta3(hub: AppHub, { delta }: Cohort, socket: Socket): void {
  if (delta !== null && hub.toldXdelta3.has(socket)) delta.toldXdelta3.add(socket);
}

/** Whether the cohort's deltas must name their algorithm, also where the configuration says that they need not. */
export function mustName({ format, toldXdelta3 }: DeltaState): boolean {
  return format.algorithm !== "fossil" || toldXdelta3.size > 0;
}
