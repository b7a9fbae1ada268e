// The attributes of a channel that API callers may ask for.
import type { AppHub } from "../hub/app-hub.ts";
import { allReady, type Awaitable, whenReady } from "../node/awaitable.ts";
import type { ChannelFigures } from "../node/cluster.ts";
import { figuresOf } from "../node/query.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
import type { Attribute, EventRequest } from "../protocol/publication.ts";
import { EMPTY } from "./answer.ts";
import type { ApiRequest } from "./request.ts";

/** The requested attributes of a channel, as members of the JSON answer. */
export type Described = Readonly<Record<string, unknown>>;

const NOTHING: Described = {};

/**
 * The requested attributes. Counts are 0 for a channel without subscribers. `user_count` is omitted on channels
 * without members.
 */
export function describeChannel(
  { node, hub, outcome }: ApiRequest,
  name: string,
  info: readonly Attribute[],
): Awaitable<Described | Fault> {
  if (info.length === 0) return NOTHING;
  return whenReady(figuresOf(node, hub, name, outcome), (figures) =>
    isFault(figures) ? figures : describe(hub, name, figures, info),
  );
}

/** The same, for figures that are known already. */
export function describe(
  hub: AppHub,
  name: string,
  { subscriptionCount, userCount }: ChannelFigures,
  info: readonly Attribute[],
): Described {
  const described: Record<string, unknown> = {};
  if (info.includes("user_count") && name.startsWith("presence-"))
    described["user_count"] = userCount;
  if (info.includes("subscription_count")) described["subscription_count"] = subscriptionCount;
  if (info.includes("cache")) described["cache"] = describeCached(hub, name);
  return described;
}

/**
 * The answer to an event that was published. It is not refused any more, or a retry would publish it again: a channel
 * whose figures cannot be had has none.
 */
export function answerTo(
  request: ApiRequest,
  { publication, info }: EventRequest,
): Awaitable<string> {
  if (info.length === 0) return EMPTY;
  const { channels } = publication;
  const described = allReady(channels.map((channel) => describeChannel(request, channel, info)));
  return whenReady(described, (figures) => {
    const entries = channels.map((channel, index) => [channel, known(figures[index])] as const);
    return JSON.stringify({ channels: Object.fromEntries(entries) });
  });
}

/** The attributes, none if they cannot be had. */
export function known(described: Described | Fault | undefined): Described {
  return described === undefined || isFault(described) ? NOTHING : described;
}

/** The data of the channel's cached event and the seconds until it expires, or null if there is none. */
function describeCached(
  hub: AppHub,
  name: string,
): { readonly data: string; readonly ttl: number } | null {
  const nowMs = hub.nowMs();
  const cached = hub.cache.get(name, nowMs);
  if (cached === null) return null;
  return { data: cached.data, ttl: Math.ceil((cached.expiresMs - nowMs) / 1000) };
}
