// Subscribing, unsubscribing and disconnecting. Each is one synchronous step: nothing can be
// published between the reply and the moment when the socket joins the topic, so a subscriber
// misses nothing and gets nothing twice.
import type { SubscribeCommand } from "../protocol/commands.ts";
import { type Fault, REFUSE } from "../protocol/faults.ts";
import { USER_INFO_TRUE, type Identity } from "../protocol/member.ts";
import { cacheMiss, subscriptionSucceeded } from "../protocol/messages.ts";
import type { AppHub } from "./app-hub.ts";
import type { Authorised } from "./authorise.ts";
import type { Channel, Cohort, Subscription } from "./channel.ts";
import { type CohortTraits, traitsOf } from "./cohort-traits.ts";
import { tellAlgorithm } from "./delta/algorithm-names.ts";
import { effectiveRequest, formatFor } from "./delta/requests.ts";
import { beginElsewhere } from "./elsewhere.ts";
import { excessOfChannel, addFilterCost, subtractFilterCost } from "./filter-use.ts";
import { joinCohort, leaveCohort, discardMissed } from "./lag/catch-up.ts";
import { addMember, removeLingeringMembers, removeMember } from "./membership.ts";
import type { Member } from "./presence.ts";
import { tell } from "./send.ts";
import type { Socket } from "./socket.ts";
import { countChanged } from "./subscription-count.ts";

/**
 * Makes the subscription that `authorise` has just allowed, and replies to the socket. Returns a fault, and changes
 * nothing for the socket, if the channel cannot take another filter of that cost.
 */
export function commit(
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
  { identity, selection }: Authorised,
): Fault | null {
  const channel = hub.open(command.channel);
  const request = command.delta ?? null;
  const wantsDelta = request !== null || socket.deltaAlgorithm !== null;
  const delta = wantsDelta ? formatFor(hub, socket, channel, request) : null;
  const traits = traitsOf({ codec: socket.codec, selection, delta });
  // Never the case on a channel that was created just now, so none is left without subscribers.
  const tooCostly = excessOfChannel(hub, channel, traits);
  if (tooCostly !== null) return tooCostly;
  const ownDelta = request !== null && effectiveRequest(socket, request) !== null;
  const subscription = enter(hub, channel, { identity, traits, ownDelta });
  addFilterCost(hub, socket, subscription.cohort);
  socket.subscriptions.add(subscription);
  hub.counters.subscriptions++;
  if (hub.events.isTapped)
    hub.trace({ kind: "subscribed", channel: channel.name, socketId: socket.id });
  tell(socket, subscriptionSucceeded(channel, channel.presence?.roster() ?? "{}"));
  if (request !== null) tellAlgorithm(hub, socket, traits.delta?.algorithm ?? null, channel);
  if (channel.kind.cached) sendCached(hub, subscription.cohort, socket);
  startDelivery(hub, socket, subscription.cohort);
  countChanged(hub, channel);
  if (channel.kind.authorised) hub.authorised(socket);
  return null;
}

/** Puts the socket on the cohort's topic. Sockets that lag or get deltas need more than that. */
function startDelivery(hub: AppHub, socket: Socket, cohort: Cohort): void {
  if (cohort.delta === null && !hub.lags.has(socket)) socket.join(cohort.topic);
  else joinCohort(hub, socket, cohort);
}

/**
 * Sends a new subscriber the last event of a cache channel, exactly as it was published, if its filter accepts it.
 * Sends a cache miss if there is no such event.
 */
function sendCached(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { channel, deliversTags } = cohort;
  const cached = hub.cache.get(channel.name, hub.nowMs());
  if (cached !== null) {
    if (!cohort.wants(cached.event, cached.tags)) return;
    const { event, data, tags } = cached;
    const writer = socket.codec.events.begin({ event, data, userId: null, tags });
    return socket.send(writer.write(channel, deliversTags));
  }
  tell(socket, cacheMiss(channel));
  if (!channel.missSent) hub.note({ kind: "cache_miss", channel: channel.name });
  channel.missSent = true;
}

/** Ends the subscription. There is no reply. */
export function unsubscribe(hub: AppHub, socket: Socket, name: string): Fault | null {
  const subscription = socket.subscriptions.get(name);
  if (subscription === undefined) return REFUSE.notSubscribed(name);
  leaveCohort(hub, socket, subscription.cohort);
  socket.subscriptions.delete(name);
  subtractFilterCost(hub, socket, subscription.cohort);
  exit(hub, socket, subscription);
  return null;
}

/**
 * Ends all subscriptions of a socket that has closed. It is off its topics already, since the runtime removed it when
 * the connection ended.
 */
export function unsubscribeAll(hub: AppHub, socket: Socket): void {
  for (const _ of leaveAll(hub, socket));
}

/** Does the same, one subscription per step, so that other sockets can be served in between. */
export function* leaveAll(hub: AppHub, socket: Socket): Generator<undefined, void> {
  const lag = hub.lags.get(socket);
  hub.lags.delete(socket);
  hub.filterUse.delete(socket);
  for (const subscription of socket.subscriptions.values()) {
    const { cohort } = subscription;
    discardMissed(hub, lag, cohort);
    cohort.delta?.forget(socket);
    exit(hub, socket, subscription);
    yield;
  }
  socket.subscriptions.clear();
}

interface Entering {
  readonly identity: Identity | null;
  readonly traits: CohortTraits;
  readonly ownDelta: boolean;
}

function enter(
  hub: AppHub,
  channel: Channel,
  { identity, traits, ownDelta }: Entering,
): Subscription {
  if (channel.socketCount === 0) occupy(hub, channel);
  const member = enterMember(hub, channel, identity);
  const cohort = hub.enter(channel, traits);
  hub.changes?.channelChanged(hub, channel);
  return member === null ? cohort.subscription(ownDelta) : { cohort, member, ownDelta };
}

function occupy(hub: AppHub, channel: Channel): void {
  if (!channel.kind.user) hub.noteEdge({ kind: "channel_occupied", channel: channel.name });
  if (hub.changes !== null) beginElsewhere(channel, hub.changes.elsewhere(hub, channel.name));
}

/** The socket's member on a presence channel, otherwise null. */
function enterMember(hub: AppHub, channel: Channel, identity: Identity | null): Member | null {
  if (channel.presence === null || identity === null) return null;
  if (identity.userInfo === USER_INFO_TRUE) hub.lenient("user_info_true");
  return addMember(hub, channel, channel.presence, identity);
}

function exit(hub: AppHub, socket: Socket, { cohort, member }: Subscription): void {
  const { channel } = cohort;
  const vacated = hub.leave(cohort);
  hub.counters.unsubscriptions++;
  if (hub.events.isTapped)
    hub.trace({ kind: "unsubscribed", channel: channel.name, socketId: socket.id });
  if (member !== null) removeMember(hub, channel, member);
  hub.changes?.channelChanged(hub, channel);
  if (!vacated) return countChanged(hub, channel);
  removeLingeringMembers(hub, channel);
  hub.vacate(channel);
  if (!channel.kind.user) hub.noteEdge({ kind: "channel_vacated", channel: channel.name });
}
