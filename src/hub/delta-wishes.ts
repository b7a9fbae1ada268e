// What clients ask of delta compression: for a connection, for one subscription, and when they have
// lost a base.
import type { Algorithm, DeltaWish } from "../protocol/delta-wish.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { DeltaFormat } from "./cohort.ts";
import { startFresh } from "./delta-cohort.ts";
import { tellAlgorithm } from "./delta-names.ts";
import { chooseAlgorithm } from "./delta-options.ts";
import type { AppHub } from "./hub.ts";
import { reattach } from "./lag.ts";
import type { Socket } from "./ports.ts";

/** How deltas for a new subscription are written, or null when its messages are whole. */
export function formatFor(
  hub: AppHub,
  socket: Socket,
  channel: Channel,
  wish: DeltaWish | null,
): DeltaFormat | null {
  const asked = heeded(socket, wish) ?? inherited(socket);
  if (channel.kind.encrypted || !asked.enabled) return null;
  const algorithm = chooseAlgorithm(asked, channel.settings);
  if (algorithm === null || countCompressed(socket) >= hub.delta.options.maxChannelsPerConnection)
    return null;
  return { algorithm, compact: asked.compact };
}

/** What counts of a subscription's own wish: nothing, when it asks for what the client cannot decode yet. Then the connection's setting holds. */
export function heeded(
  { traits, deltaAlgorithm }: Socket,
  wish: DeltaWish | null,
): DeltaWish | null {
  if (wish === null || !wish.enabled || wish.decodes) return wish;
  return traits.mustEnableDelta && deltaAlgorithm === null ? null : wish;
}

/** Switches deltas on for a connection: for the subscriptions to come, and for those that said nothing of it. */
export function enableDelta(hub: AppHub, socket: Socket, algorithm: Algorithm | null): void {
  const { options } = hub.delta;
  socket.deltaAlgorithm = options.enabled ? (algorithm ?? "any") : null;
  tellAlgorithm(hub, socket, options.enabled ? (algorithm ?? options.algorithm) : null, null);
  for (const subscription of Array.from(socket.subscriptions.values()))
    if (!subscription.ownDelta && subscription.cohort.delta === null)
      move(hub, socket, subscription);
}

/** Gives whole messages to a client that cannot go on with deltas of a channel, until it is in step again. */
export function resync(hub: AppHub, socket: Socket, channel: string): void {
  const subscription = socket.subscriptions.get(channel);
  if (subscription === undefined || hub.lags.has(socket)) return;
  startFresh(hub, subscription.cohort, socket);
}

/** Moves a subscription to the cohort that the connection's setting asks for. */
function move(hub: AppHub, socket: Socket, subscription: Subscription): void {
  const { cohort, member } = subscription;
  const { channel, traits } = cohort;
  const delta = formatFor(hub, socket, channel, null);
  if (delta === null) return;
  const next = hub.enter(channel, { ...traits, delta });
  const moved: Subscription =
    member === null ? next.subscription(false) : { cohort: next, member, ownDelta: false };
  socket.subscriptions.delete(channel.name);
  socket.subscriptions.add(moved);
  reattach(hub, socket, cohort, next);
  hub.leave(cohort);
}

function inherited({ deltaAlgorithm }: Socket): DeltaWish {
  const algorithm = deltaAlgorithm === "any" ? null : deltaAlgorithm;
  return { enabled: deltaAlgorithm !== null, algorithm, compact: false, decodes: false };
}

function countCompressed(socket: Socket): number {
  let count = 0;
  for (const { cohort } of socket.subscriptions.values()) if (cohort.delta !== null) count++;
  return count;
}
