// Delta compression on a cohort: what each publication is sent as, and how sockets come in step
// with the chains. All members hold the same bases, so that one delta serves all of them.
import { cacheSync, compactChannel, type SyncBase } from "../protocol/delta-frames.ts";
import type { Cohort } from "./cohort.ts";
import { mustName } from "./delta-names.ts";
import type { DeltaState } from "./delta-state.ts";
import type { AppHub } from "./hub.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";
import { send } from "./send.ts";

/** Sends a publication to a cohort with deltas. */
export function sendCompressed(
  hub: AppHub,
  cohort: Cohort,
  state: DeltaState,
  outgoing: Outgoing,
  except: Socket | null,
): void {
  const withTags = cohort.deliversTags;
  const { options } = hub.delta;
  const text = outgoing.text(withTags);
  if (text.length < options.minMessageBytes && Buffer.byteLength(text) < options.minMessageBytes)
    return sendWhole(hub, cohort, text, except);
  const chain = state.chains.use(outgoing.conflationKey, hub.nowMs());
  hub.chainedCohorts.add(cohort);
  // A frame that a member does not get must not become a base.
  const everybody = except === null || !listens(hub, except, cohort);
  const { base } = chain;
  const delta =
    base === null || chain.wantsWhole(options.fullMessageInterval)
      ? null
      : outgoing.delta(base, cohort.traits, withTags, !options.omitAlgorithm || mustName(state));
  if (delta !== null) {
    const { counters } = hub;
    const sentBefore = counters.bytesSent;
    const { listenerCount } = cohort;
    if (listenerCount > 0) send(hub, cohort.topic, delta, except, listenerCount);
    counters.bytesSavedByDeltas +=
      listenerCount * outgoing.base(withTags).bytes.length - (counters.bytesSent - sentBefore);
    if (state.fresh.size > 0)
      send(hub, state.freshTopic, outgoing.marked(withTags), except, state.fresh.size);
    if (!everybody) return chain.stray();
    chain.advance(outgoing.base(withTags));
  } else if (everybody) {
    sendWhole(hub, cohort, outgoing.marked(withTags), except);
    chain.restart(outgoing.base(withTags));
  } else {
    return sendWholeAround(hub, cohort, outgoing, except);
  }
  state.sync = null;
}

/** Whether the socket is a member that gets the cohort's frames now. One that lags gets none and comes in step later. */
function listens(hub: AppHub, socket: Socket, cohort: Cohort): boolean {
  const { channel } = cohort;
  return (
    socket.subscriptions.get(channel.name)?.cohort === cohort && !hub.isBehind(socket, channel)
  );
}

/** Sends one frame to all sockets of the cohort, those that are not in step included. */
export function sendWhole(hub: AppHub, cohort: Cohort, text: string, except: Socket | null): void {
  const { delta, listenerCount } = cohort;
  // A publish that reaches nobody is taken for one that somebody was too slow for.
  if (listenerCount > 0) send(hub, cohort.topic, text, except, listenerCount);
  if (delta !== null && delta.fresh.size > 0)
    send(hub, delta.freshTopic, text, except, delta.fresh.size);
}

/**
 * A whole message that somebody is left out of. Usually it leaves the chain as it is; when that has
 * no base, or an old one, it becomes the base, and the one who was left out is put in step alone.
 */
function sendWholeAround(
  hub: AppHub,
  cohort: Cohort,
  outgoing: Outgoing,
  except: Socket | null,
): void {
  const withTags = cohort.deliversTags;
  const { delta: state } = cohort;
  if (state === null) return;
  const chain = state.chains.use(outgoing.conflationKey, hub.nowMs());
  hub.chainedCohorts.add(cohort);
  if (!chain.wantsWhole(hub.delta.options.fullMessageInterval)) {
    sendWhole(hub, cohort, outgoing.text(withTags), except);
    return chain.stray();
  }
  sendWhole(hub, cohort, outgoing.marked(withTags), except);
  chain.restart(outgoing.base(withTags));
  state.sync = null;
  if (except !== null) bringInStep(hub, cohort, except);
}

/**
 * Joins a socket to its cohort: in step at once by the chains' state, or with whole messages at first when that would be large.
 * The state is sent even when it is empty. Clients keep their bases when they reconnect, and find
 * them by numbers that may have begun anew.
 */
export function bringInStep(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { delta: state, channel, traits } = cohort;
  if (state === null) return socket.join(cohort.topic);
  if (traits.delta?.compact)
    socket.send(compactChannel(traits.dialect, channel.suffix, channel.number));
  state.sync ??= syncFrame(cohort, state, hub.delta.options.maxSyncBytes);
  if (state.sync === TOO_LARGE) return startFresh(hub, cohort, socket);
  socket.send(state.sync);
  state.fresh.delete(socket);
  socket.leave(state.freshTopic);
  socket.join(cohort.topic);
}

/** Gives a socket whole messages until it holds every base, and lets it forget those that it has. */
export function startFresh(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { delta: state, channel, traits } = cohort;
  if (state === null) return;
  socket.send(cacheSync(traits.dialect, channel.suffix, channel.settings.keyName, []));
  socket.leave(cohort.topic);
  socket.join(state.freshTopic);
  state.fresh.set(socket, channel.lastSeq);
  hub.freshCohorts.add(cohort);
}

/** Moves the sockets over that hold every base by now. */
export function promote(hub: AppHub, cohort: Cohort): void {
  const { delta: state } = cohort;
  if (state === null) return;
  const oldest = state.chains.oldestBaseSeq();
  for (const [socket, since] of state.fresh) {
    if (since >= oldest) continue;
    state.fresh.delete(socket);
    socket.leave(state.freshTopic);
    socket.join(cohort.topic);
  }
  if (state.fresh.size === 0) hub.freshCohorts.delete(cohort);
}

/** Takes a socket off the cohort's topics. */
export function leaveTopics(cohort: Cohort, socket: Socket): void {
  socket.leave(cohort.topic);
  if (cohort.delta?.fresh.delete(socket)) socket.leave(cohort.delta.freshTopic);
}

const TOO_LARGE = "";

function syncFrame({ traits, channel }: Cohort, { chains }: DeltaState, maxBytes: number): string {
  const bases: SyncBase[] = [];
  let bytes = 0;
  for (const [key, base] of chains.bases()) {
    bases.push({ key, text: base.text, seq: base.seq });
    bytes += base.bytes.length;
  }
  // Quoting only makes it longer.
  if (bytes > maxBytes) return TOO_LARGE;
  const frame = cacheSync(traits.dialect, channel.suffix, channel.settings.keyName, bases);
  return bytes > 0 && Buffer.byteLength(frame) > maxBytes ? TOO_LARGE : frame;
}
