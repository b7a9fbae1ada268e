// What clients ask of delta compression: for a connection, for one subscription, and when they have
// lost a base.
import type { Algorithm, DeltaWish } from "../protocol/delta-wish.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { DeltaFormat } from "./cohort.ts";
import { bringInStep } from "./delta-cohort.ts";
import { tellAlgorithm } from "./delta-names.ts";
import { chooseAlgorithm } from "./delta-options.ts";
import type { AppHub } from "./hub.ts";
import { catchUp, reattach } from "./lag.ts";
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
  if (algorithm === null || hasAllDeltas(hub, socket)) return null;
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

/**
 * Switches deltas on for a connection: for the subscriptions to come, and for those that said nothing of it.
 * These are looked through once. Asked again, the connection only changes what holds for those to come.
 */
export function enableDelta(hub: AppHub, socket: Socket, algorithm: Algorithm | null): void {
  const { options } = hub.delta;
  const isFirst = socket.deltaAlgorithm === null;
  const wasLagging = hub.lags.has(socket);
  socket.deltaAlgorithm = options.enabled ? (algorithm ?? "any") : null;
  tellAlgorithm(hub, socket, options.enabled ? (algorithm ?? options.algorithm) : null, null);
  if (!isFirst || !options.enabled) return;
  for (const subscription of Array.from(socket.subscriptions.values())) {
    if (hasAllDeltas(hub, socket)) break;
    if (!subscription.ownDelta && subscription.cohort.delta === null)
      move(hub, socket, subscription);
  }
  if (!wasLagging) catchUp(hub, socket);
}

/** Puts a client in step again that cannot go on with deltas of a channel. One that is behind will be anyway. */
export function resync(hub: AppHub, socket: Socket, channel: string): void {
  const cohort = socket.subscriptions.get(channel)?.cohort;
  if (cohort === undefined || hub.isBehind(socket, cohort.channel)) return;
  bringInStep(hub, cohort, socket);
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

/** Whether the connection has deltas on as many channels as it may. */
function hasAllDeltas(hub: AppHub, { subscriptions }: Socket): boolean {
  return subscriptions.compressedCount >= hub.delta.options.maxChannelsPerConnection;
}
