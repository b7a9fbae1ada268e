// Whether a socket may subscribe: everything that is known without waiting. Pure: nothing changes.
import { costOf } from "../filter/cost.ts";
import { parseSelection, type Selection } from "../filter/selection.ts";
import { authoriseSubscription } from "../protocol/authorisation.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { BARE_USER_INFO, boundMember, type Identity, readMember } from "../protocol/member.ts";
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

/** What a subscription that is allowed will be. */
export interface Authorised {
  readonly kind: "authorised";
  /** The member on a presence channel, else null. */
  readonly identity: Identity | null;
  readonly selection: Selection;
}

/** What the socket may become on the channel, or why it may not subscribe. */
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

/** The member that the socket will be on the channel, or null where there are none. */
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
  if (identity.userInfo === BARE_USER_INFO) hub.lenient("user_info_true");
  const presence = hub.channels.get(command.channel)?.presence;
  const { maxPresenceMembers } = hub.app.limits;
  // One more socket of a present member is not one more member.
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
