// What is elsewhere: on the other nodes, all of them together. The node tells the hub of it here, and
// the hub announces to its sockets what has changed for here and elsewhere together. Nothing of this
// is kept for channels without a subscriber here and for users whom the hub does not know.
import type { Identity } from "../protocol/member.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import { addElsewhere, removeElsewhere } from "./membership.ts";
import type { ChannelElsewhere } from "./ports.ts";
import type { Presence } from "./presence.ts";
import { countChanged } from "./subscription-count.ts";
import { forget, goOffline, goOnline } from "./users.ts";

/** What has changed elsewhere on one channel. */
export interface ChannelElsewhereChange {
  /** The number of subscriptions elsewhere now. */
  readonly subscriptionCount: number;
  /** Users who have become members elsewhere. */
  readonly added: readonly Identity[];
  /** Users who are no members elsewhere any more. A user who is in both lists has gone and come back. */
  readonly removed: readonly string[];
}

/** Takes over what is elsewhere on a channel that is about to get its first subscriber here. Nobody is told. */
export function beginElsewhere(channel: Channel, elsewhere: ChannelElsewhere | null): void {
  if (elsewhere === null) return;
  channel.elsewhereCount = elsewhere.subscriptionCount;
  channel.presence?.begin(elsewhere.members);
}

/** Changes what is elsewhere on the channel. Ignored if the channel has no subscriber here. */
export function changeElsewhere(
  hub: AppHub,
  channelName: string,
  { subscriptionCount, added, removed }: ChannelElsewhereChange,
): void {
  const channel = hub.channels.get(channelName);
  if (channel === undefined) return;
  const { presence } = channel;
  if (presence !== null) {
    for (const userId of removed) removeElsewhere(hub, channel, presence, userId);
    for (const identity of added) addElsewhere(hub, channel, presence, identity);
  }
  setCount(hub, channel, subscriptionCount);
}

/**
 * Replaces what is elsewhere on the channel. Only what differs from before is announced. If the new state is not
 * complete, members who are missing from it stay. Ignored if the channel has no subscriber here.
 */
export function replaceElsewhere(
  hub: AppHub,
  channelName: string,
  { subscriptionCount, members }: ChannelElsewhere,
  isComplete: boolean,
): void {
  const channel = hub.channels.get(channelName);
  if (channel === undefined) return;
  const { presence } = channel;
  if (presence !== null) {
    if (isComplete) removeMissing(hub, channel, presence, members);
    for (const identity of members) addElsewhere(hub, channel, presence, identity);
  }
  setCount(hub, channel, subscriptionCount);
}

function removeMissing(
  hub: AppHub,
  channel: Channel,
  presence: Presence,
  members: readonly Identity[],
): void {
  const present = new Set(members.map(({ userId }) => userId));
  for (const { userId } of presence.elsewhere())
    if (!present.has(userId)) removeElsewhere(hub, channel, presence, userId);
}

function setCount(hub: AppHub, channel: Channel, subscriptionCount: number): void {
  if (channel.elsewhereCount === subscriptionCount) return;
  channel.elsewhereCount = subscriptionCount;
  countChanged(hub, channel);
}

/** Records whether the user is online elsewhere. Ignored if the user has neither connections nor watchers here. */
export function setUserElsewhere(hub: AppHub, userId: string, isOnline: boolean): void {
  const user = hub.users.get(userId);
  if (user === undefined || user.isElsewhere === isOnline) return;
  if (isOnline) goOnline(hub, user);
  user.isElsewhere = isOnline;
  if (!user.online) goOffline(hub, user);
  forget(hub, user);
}
