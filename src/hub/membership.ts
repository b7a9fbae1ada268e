// Members joining and leaving presence channels, and the messages that announce it.
import { memberAdded, memberRemoved } from "../protocol/messages.ts";
import type { Identity } from "../protocol/member.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import type { Member, Presence } from "./presence.ts";
import { notify } from "./publish.ts";

/**
 * Adds a socket of the user, and announces the member to the other subscribers if it is the user's first socket. The
 * socket has not joined a topic yet, so it is not sent its own arrival.
 */
export function addMember(
  hub: AppHub,
  channel: Channel,
  presence: Presence,
  identity: Identity,
): Member {
  const isKnown = presence.has(identity.userId);
  const member = presence.join(identity);
  if (isKnown) return member;
  hub.unsettledChannels.add(channel);
  hub.note({ kind: "member_added", channel: channel.name, userId: member.userId });
  notify(hub, channel, memberAdded(channel, member.userId, member.userInfo));
  return member;
}

/**
 * Removes a socket of the member, and announces to the other subscribers that the member has gone if it was the last
 * socket.
 */
export function removeMember(hub: AppHub, channel: Channel, member: Member): void {
  if (channel.presence?.leave(member) === true) announceRemoved(hub, channel, member);
}

/**
 * Announces all lingering members of a channel as gone. Called once a second, and when the channel has lost its last
 * subscriber.
 */
export function removeLingeringMembers(hub: AppHub, channel: Channel): void {
  for (const member of channel.presence?.settle() ?? []) announceRemoved(hub, channel, member);
}

/** Starts a new second: announces the lingering members of all channels that have not rejoined. */
export function settleMembers(hub: AppHub): void {
  for (const channel of hub.unsettledChannels) removeLingeringMembers(hub, channel);
  hub.unsettledChannels.clear();
}

function announceRemoved(hub: AppHub, channel: Channel, { userId }: Member): void {
  hub.note({ kind: "member_removed", channel: channel.name, userId });
  notify(hub, channel, memberRemoved(channel, userId));
}
