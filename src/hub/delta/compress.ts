// Delta compression on a cohort: decides whether a publication is sent whole or as a delta. All
// synced sockets of the cohort hold the same bases, so one delta serves all of them.
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import { send, sendWhole } from "../send.ts";
import type { Socket } from "../socket.ts";
import { mustName } from "./algorithm-names.ts";
import type { Outgoing } from "./outgoing.ts";
import type { DeltaState } from "./state.ts";
import { sync } from "./sync.ts";

/** Sends a publication to a cohort with delta compression. */
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
  // A frame that some socket of the cohort does not get must not become a base.
  const isForAll = except === null || !isListening(hub, except, cohort);
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
    if (state.unsynced.size > 0)
      send(hub, state.unsyncedTopic, outgoing.marked(withTags), except, state.unsynced.size);
    if (!isForAll) return chain.diverge();
    chain.advance(outgoing.base(withTags));
  } else if (isForAll) {
    sendWhole(hub, cohort, outgoing.marked(withTags), except);
    chain.restart(outgoing.base(withTags));
  } else {
    return sendWholeAround(hub, cohort, outgoing, except);
  }
  state.sync = null;
}

/**
 * Whether the socket belongs to the cohort and currently gets its frames. A lagging socket gets none; it is synced
 * when it catches up.
 */
function isListening(hub: AppHub, socket: Socket, cohort: Cohort): boolean {
  const { channel } = cohort;
  return (
    socket.subscriptions.get(channel.name)?.cohort === cohort && !hub.isBehind(socket, channel)
  );
}

/**
 * Sends a whole message that one socket is left out of. Usually the chain keeps its base. If the chain has no base,
 * or one that is due for replacement, the message becomes the base, and the socket that was left out is synced
 * separately.
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
    return chain.diverge();
  }
  sendWhole(hub, cohort, outgoing.marked(withTags), except);
  chain.restart(outgoing.base(withTags));
  state.sync = null;
  if (except !== null) sync(hub, cohort, except);
}
