// Requests of clients for delta compression: for their connection, for one subscription, and for
// the bases again when the client has lost one.
import type { Algorithm, DeltaRequest } from "../../protocol/delta-request.ts";
import type { AppHub } from "../app-hub.ts";
import type { Channel, Subscription } from "../channel.ts";
import type { DeltaFormat } from "../cohort-traits.ts";
import { catchUp, moveToCohort } from "../lag/catch-up.ts";
import type { Socket } from "../socket.ts";
import { tellAlgorithm } from "./algorithm-names.ts";
import { chooseAlgorithm } from "./options.ts";
import { sync } from "./sync.ts";

/** How deltas of a new subscription are written, or null if the subscription gets whole messages. */
export function formatFor(
  hub: AppHub,
  socket: Socket,
  channel: Channel,
  request: DeltaRequest | null,
): DeltaFormat | null {
  const asked = effectiveRequest(socket, request) ?? connectionRequest(socket);
  if (channel.kind.encrypted || !asked.enabled || !socket.codec.events.takesDeltas) return null;
  const algorithm = chooseAlgorithm(asked, channel.settings);
  if (algorithm === null || hasMaxDeltaChannels(hub, socket)) return null;
  return { algorithm, compact: asked.compact };
}

/**
 * The subscription's own delta request, or null if the connection's setting applies instead. That is also the case
 * when the client cannot decode yet what it asks for.
 */
export function effectiveRequest(
  { traits, deltaAlgorithm }: Socket,
  request: DeltaRequest | null,
): DeltaRequest | null {
  if (request === null || !request.enabled || request.decodes) return request;
  return traits.mustEnableDelta && deltaAlgorithm === null ? null : request;
}

/**
 * Enables deltas on a connection: for later subscriptions, and for existing ones that made no delta request of their
 * own. Existing subscriptions are moved only by the first request; a repeated one changes only what applies to later
 * subscriptions.
 */
export function enableDelta(hub: AppHub, socket: Socket, algorithm: Algorithm | null): void {
  const { options } = hub.delta;
  const isFirst = socket.deltaAlgorithm === null;
  const wasLagging = hub.lags.has(socket);
  socket.deltaAlgorithm = options.enabled ? (algorithm ?? "any") : null;
  tellAlgorithm(hub, socket, options.enabled ? (algorithm ?? options.algorithm) : null, null);
  if (!isFirst || !options.enabled) return;
  for (const subscription of Array.from(socket.subscriptions.values())) {
    if (hasMaxDeltaChannels(hub, socket)) break;
    if (!subscription.ownDelta && subscription.cohort.delta === null)
      move(hub, socket, subscription);
  }
  if (!wasLagging) catchUp(hub, socket);
}

/**
 * Sends a client the bases of a channel again. A client that lags on the channel gets them anyway when it catches up.
 */
export function resync(hub: AppHub, socket: Socket, channel: string): void {
  const cohort = socket.subscriptions.get(channel)?.cohort;
  if (cohort === undefined || hub.isBehind(socket, cohort.channel)) return;
  sync(hub, cohort, socket);
}

/** Moves a subscription to the cohort that matches the connection's setting. */
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
  moveToCohort(hub, socket, cohort, next);
  hub.leave(cohort);
}

function connectionRequest({ deltaAlgorithm }: Socket): DeltaRequest {
  const algorithm = deltaAlgorithm === "any" ? null : deltaAlgorithm;
  return { enabled: deltaAlgorithm !== null, algorithm, compact: false, decodes: false };
}

/** Whether the connection has deltas on as many channels as the limit allows. */
function hasMaxDeltaChannels(hub: AppHub, { subscriptions }: Socket): boolean {
  return subscriptions.compressedCount >= hub.delta.options.maxChannelsPerConnection;
}
