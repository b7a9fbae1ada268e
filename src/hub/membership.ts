// Users who come to presence channels and go, and who is told of it.
import { memberAdded, memberRemoved } from "../protocol/messages.ts";
import type { Identity } from "../protocol/member.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import type { Member, Presence } from "./presence.ts";
import { notify } from "./publish.ts";

/** Adds a socket of the user, and tells the others when the user has come with it. The socket has joined no topic yet, so that it is not told of itself. */
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

/** Removes a socket of the member, and tells the others when the user has gone with it. */
export function removeMember(hub: AppHub, channel: Channel, member: Member): void {
  if (channel.presence?.leave(member) === true) announceRemoved(hub, channel, member);
}

/** Tells of those who lingered on a channel that has lost its last subscriber. */
export function dismissMembers(hub: AppHub, channel: Channel): void {
  for (const member of channel.presence?.settle() ?? []) announceRemoved(hub, channel, member);
}

/** A new second begins: tells of those who lingered and have not come back. */
export function settleMembers(hub: AppHub): void {
  for (const channel of hub.unsettledChannels) dismissMembers(hub, channel);
  hub.unsettledChannels.clear();
}

function announceRemoved(hub: AppHub, channel: Channel, { userId }: Member): void {
  hub.note({ kind: "member_removed", channel: channel.name, userId });
  notify(hub, channel, memberRemoved(channel, userId));
}
