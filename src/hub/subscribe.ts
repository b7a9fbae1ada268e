// Subscribing, unsubscribing and going away. Each is one synchronous step: nobody can publish
// between the reply and the membership, so a subscriber misses nothing and sees nothing twice.
import { authoriseSubscription } from "../protocol/authorisation.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { memberAdded, memberRemoved, subscriptionSucceeded } from "../protocol/frames.ts";
import { type Identity, readMember } from "../protocol/member.ts";
import { type ChannelKind, channelKind, isChannelName } from "../protocol/names.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";
import { deliver } from "./publish.ts";

/** Subscribes the socket and answers it, or returns why not; then nothing has changed. */
export function subscribe(hub: AppHub, socket: Socket, command: SubscribeCommand): Fault | null {
  const name = command.channel;
  if (!isChannelName(name, hub.app.limits.maxChannelNameLength)) return REFUSE.invalidChannel(name);
  if (socket.subscriptions.has(name)) return REFUSE.alreadySubscribed(name);
  const identity = admit(hub, socket, command, channelKind(name));
  if (isFault(identity)) return identity;

  const channel = hub.open(name);
  const subscription = enter(hub, channel, identity);
  socket.subscriptions.set(name, subscription);
  socket.send(subscriptionSucceeded(channel.suffix, channel.presence?.roster() ?? "{}"));
  socket.join(subscription.cohort.topic);
  return null;
}

/** Ends the subscription; there is no reply. */
export function unsubscribe(hub: AppHub, socket: Socket, name: string): Fault | null {
  const subscription = socket.subscriptions.get(name);
  if (subscription === undefined) return REFUSE.notSubscribed(name);
  socket.subscriptions.delete(name);
  socket.leave(subscription.cohort.topic);
  exit(hub, subscription);
  return null;
}

/** Ends all subscriptions of a socket that is closed already: it has left its topics by that. */
export function unsubscribeAll(hub: AppHub, socket: Socket): void {
  for (const subscription of socket.subscriptions.values()) exit(hub, subscription);
  socket.subscriptions.clear();
}

/** Who the socket will be on the channel: a member, or null where there are none. */
function admit(
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
  kind: ChannelKind,
): Identity | null | Fault {
  if (!kind.authorised) return null;
  const fault = authoriseSubscription(hub.app, socket.id, command);
  if (fault !== null) return fault;
  if (!kind.presence) return null;
  const identity = readMember(command.channel, command.channelData, hub.app.limits);
  if (isFault(identity)) return identity;
  const presence = hub.channels.get(command.channel)?.presence;
  const { maxPresenceMembers } = hub.app.limits;
  // One more socket of somebody who is there already is not one more member.
  if (presence && !presence.has(identity.userId) && presence.userCount >= maxPresenceMembers)
    return REFUSE.presenceFull(command.channel, maxPresenceMembers);
  return identity;
}

function enter(hub: AppHub, channel: Channel, identity: Identity | null): Subscription {
  if (channel.presence === null || identity === null)
    return channel.enter(hub.nextTopic).subscription;
  const member = channel.presence.join(identity);
  // The newcomer has not joined a topic yet and so is not told of itself.
  if (member.socketCount === 1)
    deliver(hub, channel, memberAdded(channel.suffix, member.userId, member.userInfo), null);
  return { cohort: channel.enter(hub.nextTopic), member };
}

function exit(hub: AppHub, { cohort, member }: Subscription): void {
  const { channel } = cohort;
  const vacated = channel.exit(cohort);
  const gone = member !== null && channel.presence !== null && channel.presence.leave(member);
  if (vacated) hub.channels.delete(channel.name);
  else if (gone) deliver(hub, channel, memberRemoved(channel.suffix, member.userId), null);
}
