// Decides whether a socket may subscribe, as far as that can be known without waiting. Changes no
// state.
import { costOf } from "../filter/cost.ts";
import { parseSelection, type Selection } from "../filter/selection.ts";
import { authoriseSubscription } from "../protocol/authorisation.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { boundMember, type Identity, readMember } from "../protocol/member.ts";
import {
  type ChannelKind,
  channelKind,
  isChannelName,
  isUserChannelName,
  userOfChannel,
} from "../protocol/names.ts";
import type { AppHub } from "./app-hub.ts";
import { refuseWhenCrowded } from "./crowd.ts";
import { excessOfSocket } from "./filter-use.ts";
import type { Socket } from "./socket.ts";

/** A subscription that is allowed but not made yet. */
export interface Authorised {
  readonly kind: "authorised";
  /** The presence member, or null on any other kind of channel. */
  readonly identity: Identity | null;
  readonly selection: Selection;
}

/** Returns what the subscription will be, or why it is refused. */
export function authorise(
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
): Authorised | Fault {
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
  const identity = authoriseMember(hub, socket, command, channelKind(name));
  if (isFault(identity)) return identity;
  const selection = readSelection(hub, command.filter);
  if (isFault(selection)) return selection;
  const excess = excessOfSocket(hub, socket, costOf(selection));
  return excess ?? { kind: "authorised", identity, selection };
}

/** Returns the presence member that the socket will be, or null if the channel is not a presence channel. */
function authoriseMember(
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
  if (isPresenceFull(hub, command.channel, identity))
    return REFUSE.presenceFull(command.channel, hub.app.limits.maxPresenceMembers);
  return identity;
}

/** Whether a presence channel cannot take the user. Another socket of a present member does not add a member. */
function isPresenceFull(hub: AppHub, channel: string, { userId }: Identity): boolean {
  const { maxPresenceMembers } = hub.app.limits;
  const presence = hub.channels.get(channel)?.presence;
  if (presence) return !presence.has(userId) && presence.userCount >= maxPresenceMembers;
  const members = hub.changes?.elsewhere(hub, channel)?.members ?? [];
  // The first member is always let in.
  if (members.length === 0 || members.length < maxPresenceMembers) return false;
  return !members.some((member) => member.userId === userId);
}

/**
 * The identity in the signed `channel_data`. Without `channel_data` it is the user that the connection is signed in
 * as.
 */
function identify(hub: AppHub, { user }: Socket, command: SubscribeCommand): Identity | Fault {
  const { limits } = hub.app;
  return command.channelData === null && user !== null
    ? boundMember({ userId: user.id, userInfo: user.userInfo }, limits)
    : readMember(command.channel, command.channelData, limits);
}

/** Parses the filter that the client sent, or returns why it is invalid. */
function readSelection(hub: AppHub, filter: unknown): Selection | Fault {
  const selection = parseSelection(filter, hub.delta.options.filters);
  if (selection.kind === "error")
    return selection.tooLarge
      ? REFUSE.filterTooLarge(selection.message)
      : REFUSE.invalidFilter(selection.message);
  if (selection.key !== "" && !hub.delta.options.filtersEnabled)
    return REFUSE.invalidFilter(
      "Cannot subscribe with a filter: this server has filters switched off",
    );
  return selection;
}
