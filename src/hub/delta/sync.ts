// Syncing: how sockets get to hold the bases of a cohort's chains.
import { cacheSync, type SyncBase } from "../../protocol/delta-frames.ts";
import { compactChannel } from "../../protocol/messages.ts";
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import type { Peer } from "../ports.ts";
import { tell } from "../send.ts";
import type { DeltaState } from "./state.ts";

/**
 * Adds a socket to its cohort's topic and syncs it: sends it the state of the chains or, if that state is too large,
 * whole messages at first. The state is sent even if it is empty. Clients keep their bases when they reconnect and
 * refer to them by sequence number, and the server may have started counting anew.
 */
export function sync(hub: AppHub, cohort: Cohort, socket: Peer): void {
  const { delta: state, channel, traits } = cohort;
  if (state === null) return socket.join(cohort.topic);
  if (traits.delta?.compact) tell(socket, compactChannel(channel, channel.number));
  state.sync ??= syncFrame(cohort, state, hub.delta.options.maxSyncBytes);
  if (state.sync === TOO_LARGE) return startUnsynced(hub, cohort, socket);
  socket.send(state.sync);
  state.unsynced.delete(socket);
  socket.leave(state.unsyncedTopic);
  socket.join(cohort.topic);
}

/** Gives a socket whole messages until it holds every base, and makes it drop the bases that it has. */
function startUnsynced(hub: AppHub, cohort: Cohort, socket: Peer): void {
  const { delta: state, channel, traits } = cohort;
  if (state === null) return;
  socket.send(cacheSync(traits.codec.dialect, channel.suffix, channel.settings.keyName, []));
  socket.leave(cohort.topic);
  socket.join(state.unsyncedTopic);
  state.unsynced.set(socket, channel.lastSeq);
  hub.unsyncedCohorts.add(cohort);
}

/** Moves the sockets that hold every base by now to the cohort's own topic. */
export function promote(hub: AppHub, cohort: Cohort): void {
  const { delta: state } = cohort;
  if (state === null) return;
  const oldest = state.chains.oldestBaseSeq();
  for (const [socket, since] of state.unsynced) {
    if (since >= oldest) continue;
    state.unsynced.delete(socket);
    socket.leave(state.unsyncedTopic);
    socket.join(cohort.topic);
  }
  if (state.unsynced.size === 0) hub.unsyncedCohorts.delete(cohort);
}

/** Takes a socket off the cohort's topics. */
export function leaveTopics(cohort: Cohort, socket: Peer): void {
  socket.leave(cohort.topic);
  if (cohort.delta?.unsynced.delete(socket)) socket.leave(cohort.delta.unsyncedTopic);
}

const TOO_LARGE = "";

function syncFrame({ traits, channel }: Cohort, { chains }: DeltaState, maxBytes: number): string {
  const bases: SyncBase[] = [];
  let bytes = 0;
  for (const [key, base] of chains.bases()) {
    bases.push({ key, text: base.text, seq: base.seq });
    bytes += base.bytes.length;
  }
  // Quoting can only add bytes, so a total that is too large already settles it.
  if (bytes > maxBytes) return TOO_LARGE;
  const frame = cacheSync(traits.codec.dialect, channel.suffix, channel.settings.keyName, bases);
  return bytes > 0 && Buffer.byteLength(frame) > maxBytes ? TOO_LARGE : frame;
}
