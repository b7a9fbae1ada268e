// Subscribing, unsubscribing and going away. Each is one synchronous step: nobody can publish
// between the reply and the membership, so a subscriber misses nothing and sees nothing twice.
import { costOf } from "../filter/cost.ts";
import { parseSelection, type Selection } from "../filter/selection.ts";
import { authoriseSubscription } from "../protocol/authorisation.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { cacheMiss, tagsMember, eventPrefix, subscriptionSucceeded } from "../protocol/frames.ts";
import { BARE_USER_INFO, boundMember, type Identity, readMember } from "../protocol/member.ts";
import {
  type ChannelKind,
  channelKind,
  isChannelName,
  isUserChannelName,
  userOfChannel,
} from "../protocol/names.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";
import { type Cohort, type CohortTraits, traitsOf } from "./cohort.ts";
import { refuseWhenCrowded } from "./crowd.ts";
import { tellAlgorithm } from "./delta-names.ts";
import { formatFor, heeded } from "./delta-wishes.ts";
import { holdFilter, releaseFilter, excessOfChannel, excessOfSocket } from "./filter-use.ts";
import { addMember, dismissMembers, removeMember } from "./membership.ts";
import { attach, detach, forget } from "./lag.ts";
import { countChanged } from "./subscription-count.ts";

/** Subscribes the socket and answers it, or returns why not; then nothing has changed. */
export function subscribe(hub: AppHub, socket: Socket, command: SubscribeCommand): Fault | null {
  const name = command.channel;
  const { limits } = hub.app;
  if (!isChannelName(name, limits) && !isUserChannelName(name))
    return name.length > limits.maxChannelNameLength
      ? REFUSE.channelTooLong(name, limits.maxChannelNameLength)
      : REFUSE.invalidChannel(name);
  if (socket.subscriptions.has(name)) return REFUSE.alreadySubscribed(name);
  if (socket.subscriptions.size >= limits.maxSubscriptions)
    return REFUSE.tooManySubscriptions(limits.maxSubscriptions);
  const crowded = refuseWhenCrowded(hub, socket, name);
  if (crowded !== null) return crowded;
  const identity = admit(hub, socket, command, channelKind(name));
  if (isFault(identity)) return identity;
  const selection = readSelection(hub, command.filter);
  if (isFault(selection)) return selection;
  const excess = excessOfSocket(hub, socket, costOf(selection));
  if (excess !== null) return excess;

  const channel = hub.open(name);
  const wish = command.delta ?? null;
  const delta = formatFor(hub, socket, channel, wish);
  const traits = traitsOf({ dialect: socket.dialect, selection, delta });
  const tooCostly = excessOfChannel(hub, channel, traits);
  if (tooCostly !== null) return tooCostly;
  const ownDelta = heeded(socket, wish) !== null;
  const subscription = enter(hub, channel, { identity, traits, ownDelta });
  holdFilter(hub, socket, subscription.cohort);
  socket.subscriptions.add(subscription);
  hub.counters.subscriptions++;
  if (hub.events.isTapped) hub.trace({ kind: "subscribed", channel: name, socketId: socket.id });
  const roster = channel.presence?.roster() ?? "{}";
  socket.send(subscriptionSucceeded(socket.dialect, channel.suffix, roster));
  if (wish !== null) tellAlgorithm(hub, socket, traits.delta?.algorithm ?? null, name);
  if (channel.kind.cached) sendCached(hub, subscription.cohort, socket);
  attach(hub, socket, subscription);
  countChanged(hub, channel);
  if (channel.kind.authorised) hub.authorised(socket);
  return null;
}

/** What a cache channel has for somebody who comes: its last event, exactly as it was published, if he wants it, or word that there is none. */
function sendCached(hub: AppHub, cohort: Cohort, socket: Socket): void {
  const { channel } = cohort;
  const cached = hub.cache.get(channel.name, hub.nowMs());
  if (cached !== null) {
    if (!cohort.wants(cached.event, cached.tags)) return;
    const tags = cohort.deliversTags ? tagsMember(cached.tags) : "";
    return socket.send(`${eventPrefix(cached.event, cached.data)}${channel.suffix}${tags}}`);
  }
  socket.send(cacheMiss(socket.dialect, channel.suffix));
  if (!channel.missTold) hub.note({ kind: "cache_miss", channel: channel.name });
  channel.missTold = true;
}

/** Ends the subscription; there is no reply. */
export function unsubscribe(hub: AppHub, socket: Socket, name: string): Fault | null {
  const subscription = socket.subscriptions.get(name);
  if (subscription === undefined) return REFUSE.notSubscribed(name);
  detach(hub, socket, subscription);
  socket.subscriptions.delete(name);
  releaseFilter(hub, socket, subscription.cohort);
  exit(hub, socket, subscription);
  return null;
}

/** Ends all subscriptions of a socket that is closed already: it has left its topics by that. */
export function unsubscribeAll(hub: AppHub, socket: Socket): void {
  for (const _ of leaveAll(hub, socket));
}

/** The same, a subscription at each step: whoever makes the steps can let others have a turn in between. */
export function* leaveAll(hub: AppHub, socket: Socket): Generator<undefined, void> {
  const lag = hub.lags.get(socket);
  hub.lags.delete(socket);
  hub.filterUse.delete(socket);
  for (const subscription of socket.subscriptions.values()) {
    const { cohort } = subscription;
    forget(hub, lag, cohort);
    cohort.delta?.forget(socket);
    exit(hub, socket, subscription);
    yield;
  }
  socket.subscriptions.clear();
}

/** Who the socket will be on the channel: a member, or null where there are none. */
function admit(
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
  kind: ChannelKind,
): Identity | null | Fault {
  if (kind.user)
    return socket.user?.id === userOfChannel(command.channel)
      ? null
      : REFUSE.notThisUser(command.channel);
  if (!kind.authorised) return null;
  const fault = authoriseSubscription(hub.app, socket.id, command);
  if (fault !== null) return fault;
  if (!kind.presence) return null;
  const identity = identify(hub, socket, command);
  if (isFault(identity)) return identity;
  if (identity.userInfo === BARE_USER_INFO) hub.lenient("user_info_true");
  const presence = hub.channels.get(command.channel)?.presence;
  const { maxPresenceMembers } = hub.app.limits;
  // One more socket of somebody who is there already is not one more member.
  if (presence && !presence.has(identity.userId) && presence.userCount >= maxPresenceMembers)
    return REFUSE.presenceFull(command.channel, maxPresenceMembers);
  return identity;
}

/** The member that was signed for the channel or, without one, the user that the connection is signed in as. */
function identify(hub: AppHub, { user }: Socket, command: SubscribeCommand): Identity | Fault {
  const { limits } = hub.app;
  return command.channelData === null && user !== null
    ? boundMember({ userId: user.id, userInfo: user.userInfo }, limits)
    : readMember(command.channel, command.channelData, limits);
}

/** The filter that was sent, or why it cannot be one. */
function readSelection(hub: AppHub, filter: unknown): Selection | Fault {
  const selection = parseSelection(filter, hub.delta.options.filters);
  if (selection.kind === "mistake")
    return selection.tooLarge
      ? REFUSE.filterTooLarge(selection.message)
      : REFUSE.invalidFilter(selection.message);
  if (selection.key !== "" && !hub.delta.options.filtersEnabled)
    return REFUSE.invalidFilter(
      "Cannot subscribe with a filter: this server has filters switched off",
    );
  return selection;
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
  if (channel.socketCount === 0 && !channel.kind.user)
    hub.note({ kind: "channel_occupied", channel: channel.name });
  if (channel.presence === null || identity === null)
    return hub.enter(channel, traits).subscription(ownDelta);
  const member = addMember(hub, channel, channel.presence, identity);
  return { cohort: hub.enter(channel, traits), member, ownDelta };
}

function exit(hub: AppHub, socket: Socket, { cohort, member }: Subscription): void {
  const { channel } = cohort;
  const vacated = hub.leave(cohort);
  hub.counters.unsubscriptions++;
  if (hub.events.isTapped)
    hub.trace({ kind: "unsubscribed", channel: channel.name, socketId: socket.id });
  if (member !== null) removeMember(hub, channel, member);
  if (!vacated) return countChanged(hub, channel);
  dismissMembers(hub, channel);
  hub.vacate(channel);
  if (!channel.kind.user) hub.note({ kind: "channel_vacated", channel: channel.name });
}
