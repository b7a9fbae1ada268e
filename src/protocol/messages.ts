// The server's own messages as values; a codec writes them as bytes. Every Pusher message is an
// event with data and, usually, a channel. `data` is a *string* that contains JSON, even inside a
// JSON frame, except in `error` and `delta_compression_enabled`, which clients read as objects
// (WebSocket protocol reference, "Double encoding").
import type { Algorithm } from "./delta-request.ts";
import type { Fault } from "./faults.ts";

/**
 * The channel of a message: its name, and the JSON member made from it, which is kept so that the name is quoted only
 * once.
 */
export interface MessageChannel {
  readonly name: string;
  /** `,"channel":"NAME"`: the end of each of the channel's JSON frames. */
  readonly suffix: string;
}

/** A message of the server's own. */
export interface Message {
  /** Whether the name gets the prefix of internal events, such as `pusher_internal:`. */
  readonly internal: boolean;
  /** Without the prefix. */
  readonly name: string;
  readonly data: string | Readonly<Record<string, unknown>>;
  readonly channel: MessageChannel | null;
  /** `data` as a JSON string, where that is known without quoting it. */
  readonly quotedData?: string;
}

/** The reply to a ping. */
export const PONG: Message = publicMessage("pong", "{}");

/** The first message on every connection. pusher-js never connects unless the timeout is positive. */
export function connectionEstablished(socketId: string, activityTimeoutSeconds: number): Message {
  return {
    internal: false,
    name: "connection_established",
    data: `{"socket_id":"${socketId}","activity_timeout":${activityTimeoutSeconds}}`,
    channel: null,
    // Every connection gets one, and neither value needs an escape.
    quotedData: `"{\\"socket_id\\":\\"${socketId}\\",\\"activity_timeout\\":${activityTimeoutSeconds}}"`,
  };
}

/** A refusal. */
export function errorMessage({ code, message }: Fault): Message {
  return publicMessage("error", { code, message });
}

/** The reply to a subscription. `data` is `{}`, or the roster of a presence channel. */
export function subscriptionSucceeded(channel: MessageChannel, data: string): Message {
  return internalMessage("subscription_succeeded", data, channel);
}

/**
 * Announces a new member to the other subscribers of a presence channel. `userInfo` is JSON text, or null for none.
 */
export function memberAdded(
  channel: MessageChannel,
  userId: string,
  userInfo: string | null,
): Message {
  const info = userInfo === null ? "" : `,"user_info":${userInfo}`;
  return internalMessage("member_added", `{"user_id":${JSON.stringify(userId)}${info}}`, channel);
}

/** Announces to the other subscribers of a presence channel that a member has gone. */
export function memberRemoved(channel: MessageChannel, userId: string): Message {
  return internalMessage("member_removed", `{"user_id":${JSON.stringify(userId)}}`, channel);
}

/** Tells the subscribers of a channel how many they are. */
export function subscriptionCount(channel: MessageChannel, count: number): Message {
  return internalMessage("subscription_count", `{"subscription_count":${count}}`, channel);
}

/** The reply to a sign-in. `userData` is the text that the client sent. */
export function signinSuccess(userData: string): Message {
  return publicMessage("signin_success", `{"user_data":${JSON.stringify(userData)}}`);
}

/** Tells a watcher which users are online and which are offline. Either list may be empty. */
export function watchlistEvents(online: readonly string[], offline: readonly string[]): Message {
  const events: { readonly name: string; readonly user_ids: readonly string[] }[] = [];
  if (online.length > 0) events.push({ name: "online", user_ids: online });
  if (offline.length > 0) events.push({ name: "offline", user_ids: offline });
  return internalMessage("watchlist_events", JSON.stringify({ events }), null);
}

/** Tells a new subscriber that the cache channel has no cached event. */
export function cacheMiss(channel: MessageChannel): Message {
  return publicMessage("cache_miss", "{}", channel);
}

/** Tells a connection, or one subscription, whether it gets deltas. A null algorithm means that it gets none. */
export function deltaEnabled(algorithm: Algorithm | null, channel: MessageChannel | null): Message {
  const data = {
    enabled: algorithm !== null,
    ...(algorithm === null ? {} : { algorithm }),
    ...(channel === null ? {} : { channel: channel.name }),
  };
  return publicMessage("delta_compression_enabled", data, channel);
}

/** Tells a client that uses compact frames which number stands for the channel. */
export function compactChannel(channel: MessageChannel, number: number): Message {
  return internalMessage("compact_channel", `{"number":${number}}`, channel);
}

function publicMessage(
  name: string,
  data: Message["data"],
  channel: MessageChannel | null = null,
): Message {
  return { internal: false, name, data, channel };
}

function internalMessage(name: string, data: string, channel: MessageChannel | null): Message {
  return { internal: true, name, data, channel };
}
