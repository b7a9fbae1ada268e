// Members joining and leaving presence channels, and the messages that announce it.
import { memberAdded, memberRemoved } from "../protocol/messages.ts";
import type { Identity } from "../protocol/member.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import type { Member, Presence } from "./presence.ts";
import { notify } from "./publish.ts";

/**
 * Adds a socket of the user, and announces the member to the other subscribers if the user was none before. The
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
  if (!isKnown) announceAdded(hub, channel, member);
  if (member.socketCount === 1) hub.changes?.memberChanged(hub, channel, member.userId);
  return member;
}

/**
 * Removes a socket of the member, and announces to the other subscribers that the member has gone if it was the last
 * socket of a user who is not elsewhere.
 */
export function removeMember(hub: AppHub, channel: Channel, member: Member): void {
  if (channel.presence?.leave(member) === true) announceRemoved(hub, channel, member);
  if (member.socketCount === 0) hub.changes?.memberChanged(hub, channel, member.userId);
}

/** Records that the user is a member elsewhere, and announces the member if the user was none before. */
export function addElsewhere(
  hub: AppHub,
  channel: Channel,
  presence: Presence,
  identity: Identity,
): void {
  const member = presence.appear(identity);
  if (member !== null) announceAdded(hub, channel, member);
}

/**
 * Records that the user is no member elsewhere any more, and announces that the member has gone if the user has no
 * socket here.
 */
export function removeElsewhere(
  hub: AppHub,
  channel: Channel,
  presence: Presence,
  userId: string,
): void {
  const member = presence.disappear(userId);
  if (member !== null) announceRemoved(hub, channel, member);
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

function announceAdded(hub: AppHub, channel: Channel, { userId, userInfo }: Member): void {
  hub.unsettledChannels.add(channel);
  hub.noteEdge({ kind: "member_added", channel: channel.name, userId });
  notify(hub, channel, memberAdded(channel, userId, userInfo));
}

function announceRemoved(hub: AppHub, channel: Channel, { userId }: Member): void {
  hub.noteEdge({ kind: "member_removed", channel: channel.name, userId });
  notify(hub, channel, memberRemoved(channel, userId));
}
