// Delta compression on a cohort: what each publication is sent as, and how sockets come in step
// with the chains. All members hold the same bases, so that one delta serves all of them.
import type { Base } from "../delta/chain.ts";
import { cacheSync, compactChannel } from "../protocol/delta-frames.ts";
import type { Cohort } from "./cohort.ts";
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
  const withTags = deliversTags(cohort);
  const { options } = hub.delta;
  if (outgoing.text(withTags).length < options.minMessageBytes)
    return sendWhole(hub, cohort, outgoing.text(withTags), except);
  const chain = state.chains.use(outgoing.conflationKey, hub.nowMs());
  // A frame that a member does not get must not become a base.
  const everybody = except?.subscriptions.get(cohort.channel.name)?.cohort !== cohort;
  const { base } = chain;
  const delta =
    base === null || chain.wantsWhole(options.fullMessageInterval)
      ? null
      : outgoing.delta(base, cohort.traits, withTags, !options.omitAlgorithm);
  if (delta !== null) {
    send(hub, cohort.topic, delta, except, cohort.socketCount - state.fresh.size);
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

/** Whether the cohort's frames have the tags. Pusher's clients never do. */
export function deliversTags({ traits, channel }: Cohort): boolean {
  return traits.dialect.version === 2 && channel.settings.deliverTags;
}

/** Sends one frame to all sockets of the cohort, those that are not in step included. */
export function sendWhole(hub: AppHub, cohort: Cohort, text: string, except: Socket | null): void {
  const freshCount = cohort.delta?.fresh.size ?? 0;
  send(hub, cohort.topic, text, except, cohort.socketCount - freshCount);
  if (cohort.delta !== null && freshCount > 0)
    send(hub, cohort.delta.freshTopic, text, except, freshCount);
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
  const withTags = deliversTags(cohort);
  const { delta: state } = cohort;
  if (state === null) return;
  const chain = state.chains.use(outgoing.conflationKey, hub.nowMs());
  if (!chain.wantsWhole(hub.delta.options.fullMessageInterval)) {
    sendWhole(hub, cohort, outgoing.text(withTags), except);
    return chain.stray();
  }
  sendWhole(hub, cohort, outgoing.marked(withTags), except);
  chain.restart(outgoing.base(withTags));
  state.sync = null;
  if (except !== null) {
    except.leave(cohort.topic);
    bringInStep(hub, cohort, except);
  }
}

/** Joins a socket to its cohort: in step at once by the chains' state, or with whole messages at first when that would be large. */
export function bringInStep(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { delta: state, channel, traits } = cohort;
  if (state === null) return socket.join(cohort.topic);
  if (traits.delta?.compact)
    socket.send(compactChannel(traits.dialect, channel.suffix, channel.number));
  const bases = [...state.chains.bases()];
  if (bases.length > 0) {
    state.sync ??= syncFrame(hub, cohort, bases);
    if (state.sync === TOO_LARGE) return startFresh(hub, cohort, socket);
    socket.send(state.sync);
  }
  state.fresh.delete(socket);
  socket.leave(state.freshTopic);
  socket.join(cohort.topic);
}

/** Gives a socket whole messages until it holds every base: it has said that it has lost one. */
export function startFresh(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { delta: state, channel } = cohort;
  if (state === null) return;
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

function syncFrame(
  hub: AppHub,
  { traits, channel }: Cohort,
  bases: readonly (readonly [key: string, base: Base])[],
): string {
  const { maxSyncBytes } = hub.delta.options;
  let bytes = 0;
  for (const [, base] of bases) bytes += base.bytes.length;
  if (bytes > maxSyncBytes) return TOO_LARGE;
  const states = bases.map(([key, { text, seq }]) => ({ key, text, seq }));
  return cacheSync(traits.dialect, channel.suffix, channel.settings.keyName, states);
}
