// `GET /channels`, `GET /channels/NAME` and `GET /channels/NAME/users`: what is occupied, by how
// many and by whom. Empty maps are `{}`, never `[]`: client libraries tell them apart.
import type { AppHub } from "../hub/app-hub.ts";
import { isFault, REJECT } from "../protocol/faults.ts";
import { channelKind, USER_CHANNEL_PREFIX } from "../protocol/names.ts";
import { type Attribute, readInfo } from "../protocol/publication.ts";
import type { Answer } from "./answer.ts";
import { describeChannel } from "./attributes.ts";
import { type ApiRequest, findExtraneous, parameter, readChannelName } from "./request.ts";

/** So many are listed in the time of a few frames. */
const CHANNELS_A_STEP = 50;
/** More are listed in steps. Fewer at once: the runtime ends a connection with more requests behind one that has to wait. */
const MANY_CHANNELS = 1000;
const LIST_INFO: readonly Attribute[] = ["user_count", "subscription_count"];
const CHANNEL_INFO: readonly Attribute[] = ["user_count", "subscription_count", "cache"];

/** The occupied channels, with `filter_by_prefix`, `info=user_count` and, where subscriptions are counted, `info=subscription_count`. */
export function getChannels(request: ApiRequest): Answer | Promise<Answer> {
  const fault = findExtraneous(request, ["filter_by_prefix", "info"]);
  if (fault !== null) return fault;
  const prefix = parameter(request, "filter_by_prefix") ?? "";
  const info = readInfo(parameter(request, "info"), LIST_INFO);
  if (isFault(info)) return info;
  const { hub } = request;
  if (info.includes("subscription_count") && !hub.app.subscriptionCount)
    return REJECT.listSubscriptionCount();
  if (info.includes("user_count") && !prefix.startsWith("presence-")) return REJECT.listUserCount();
  const listing = listChannels(hub, prefix, info);
  return hub.channels.size > MANY_CHANNELS ? request.inSteps(listing) : finish(listing);
}

function finish(listing: Generator<undefined, string>): string {
  let step = listing.next();
  while (step.done !== true) step = listing.next();
  return step.value;
}

/** The list of those that are occupied at the begin, and still are. There may be very many. */
function* listChannels(
  hub: AppHub,
  prefix: string,
  info: readonly Attribute[],
): Generator<undefined, string> {
  const names = [...hub.channels.keys()];
  const parts: string[] = [];
  for (let from = 0; from < names.length; from += CHANNELS_A_STEP) {
    const part = describeAll(hub, names.slice(from, from + CHANNELS_A_STEP), prefix, info);
    if (part !== "") parts.push(part);
    yield;
  }
  return `{"channels":{${parts.join(",")}}}`;
}

/** The members of a JSON object for those of the channels that begin with the prefix and are occupied. */
function describeAll(
  hub: AppHub,
  names: readonly string[],
  prefix: string,
  info: readonly Attribute[],
): string {
  const members: string[] = [];
  for (const name of names) {
    // Users' own channels are the server's affair, not the application's.
    const isMeant = name.startsWith(prefix) && !name.startsWith(USER_CHANNEL_PREFIX);
    if (!isMeant || !hub.channels.has(name)) continue;
    const figures = info.length === 0 ? "{}" : JSON.stringify(describeChannel(hub, name, info));
    // A name needs no escapes.
    members.push(`"${name}":${figures}`);
  }
  return members.join(",");
}

/** One channel. An unoccupied one is an answer, not an error. */
export function getChannel(request: ApiRequest): Answer {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  const fault = findExtraneous(request, ["info"]);
  if (fault !== null) return fault;
  const info = readInfo(parameter(request, "info"), CHANNEL_INFO);
  if (isFault(info)) return info;
  const { hub } = request;
  if (info.includes("user_count") && !channelKind(name).presence)
    return REJECT.userCountOutsidePresence();
  if (info.includes("subscription_count") && !hub.app.subscriptionCount)
    return REJECT.subscriptionCountDisabled();
  return JSON.stringify({ occupied: hub.channels.has(name), ...describeChannel(hub, name, info) });
}

/** The distinct users of a presence channel. */
export function getUsers(request: ApiRequest): Answer {
  const name = readChannelName(request);
  if (isFault(name)) return name;
  const fault = findExtraneous(request, []);
  if (fault !== null) return fault;
  if (!channelKind(name).presence) return REJECT.usersOutsidePresence();
  const users: { readonly id: string }[] = [];
  for (const id of request.hub.channels.get(name)?.presence?.userIds ?? []) users.push({ id });
  return JSON.stringify({ users });
}
