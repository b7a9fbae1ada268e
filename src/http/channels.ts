// `GET /channels`, `GET /channels/NAME` and `GET /channels/NAME/users`: which channels are
// occupied, by how many subscribers, and by which users. An empty map is written as `{}`, never as
// `[]`, because client libraries distinguish them.
import type { AppHub } from "../hub/app-hub.ts";
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { channelsOf, figuresOf, type ListedChannel, userIdsOf } from "../node/query.ts";
import { isFault, REJECT } from "../protocol/faults.ts";
import { channelKind } from "../protocol/names.ts";
import { type Attribute, readInfo } from "../protocol/publication.ts";
import type { Answer } from "./answer.ts";
import { describe } from "./attributes.ts";
import { type ApiRequest, findExtraneous, parameter, readChannelName } from "./request.ts";

/** The number of channels per step. Listing them takes about as long as handling a few frames. */
const CHANNELS_A_STEP = 50;
/**
 * Lists of more channels are written in steps. Shorter lists are written at once, because the runtime closes a
 * connection on which further requests are pipelined behind one that has to wait.
 */
const MANY_CHANNELS = 1000;
const LIST_INFO: readonly Attribute[] = ["user_count", "subscription_count"];
const CHANNEL_INFO: readonly Attribute[] = ["user_count", "subscription_count", "cache"];

/**
 * The occupied channels, with the parameters `filter_by_prefix`, `info=user_count` and, if the app counts
 * subscriptions, `info=subscription_count`.
 */
export function getChannels(request: ApiRequest): Awaitable<Answer> {
  const fault = findExtraneous(request, ["filter_by_prefix", "info"]);
  if (fault !== null) return fault;
  const prefix = parameter(request, "filter_by_prefix") ?? "";
  const info = readInfo(parameter(request, "info"), LIST_INFO);
  if (isFault(info)) return info;
  const { node, hub } = request;
  if (info.includes("subscription_count") && !hub.app.subscriptionCount)
    return REJECT.listSubscriptionCount();
  if (info.includes("user_count") && !prefix.startsWith("presence-")) return REJECT.listUserCount();
  return whenReady(channelsOf(node, hub, prefix, request.outcome), (channels) => {
    if (isFault(channels)) return channels;
    const listing = writeList(hub, channels, info);
    const count = channels instanceof Map ? channels.size : hub.channels.size;
    return count > MANY_CHANNELS ? request.inSteps(listing) : finish(listing);
  });
}

function finish(listing: Generator<undefined, string>): string {
  let step = listing.next();
  while (step.done !== true) step = listing.next();
  return step.value;
}

/** Writes the list, one step after another, because it may be very long. */
function* writeList(
  hub: AppHub,
  channels: Iterable<ListedChannel | null>,
  info: readonly Attribute[],
): Generator<undefined, string> {
  const members: string[] = [];
  let count = 0;
  for (const listed of channels) {
    if (++count % CHANNELS_A_STEP === 0) yield;
    if (listed === null) continue;
    const [name, figures] = listed;
    const described = info.length === 0 ? "{}" : JSON.stringify(describe(hub, name, figures, info));
    // Channel names contain no character that needs escaping.
    members.push(`"${name}":${described}`);
  }
  return `{"channels":{${members.join(",")}}}`;
}

/** One channel. An unoccupied channel is not an error. */
export function getChannel(request: ApiRequest): Awaitable<Answer> {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  const fault = findExtraneous(request, ["info"]);
  if (fault !== null) return fault;
  const info = readInfo(parameter(request, "info"), CHANNEL_INFO);
  if (isFault(info)) return info;
  const { node, hub } = request;
  if (info.includes("user_count") && !channelKind(name).presence)
    return REJECT.userCountOutsidePresence();
  if (info.includes("subscription_count") && !hub.app.subscriptionCount)
    return REJECT.subscriptionCountDisabled();
  return whenReady(figuresOf(node, hub, name, request.outcome), (figures) => {
    if (isFault(figures)) return figures;
    const occupied = figures.subscriptionCount > 0;
    return JSON.stringify({ occupied, ...describe(hub, name, figures, info) });
  });
}

/** The distinct users of a presence channel. */
export function getUsers(request: ApiRequest): Awaitable<Answer> {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  const fault = findExtraneous(request, []);
  if (fault !== null) return fault;
  if (!channelKind(name).presence) return REJECT.usersOutsidePresence();
  return whenReady(userIdsOf(request.node, request.hub, name, request.outcome), (ids) =>
    isFault(ids) ? ids : JSON.stringify({ users: ids.map((id) => ({ id })) }),
  );
}
