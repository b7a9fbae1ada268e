// The server's own messages, as values. A codec writes them as the bytes of one wire format. Every
// Pusher message is an event with data and, mostly, a channel; `data` is a *string* that holds JSON,
// also inside a JSON frame, except in `error` and `delta_compression_enabled`, which clients read as
// objects (WebSocket protocol reference, "Double encoding").
import type { Algorithm } from "./delta-request.ts";
import type { Fault } from "./faults.ts";

/** The channel of a message: its name, and the JSON member made of it, which a channel keeps so that it is quoted once. */
export interface MessageChannel {
  readonly name: string;
  /** `,"channel":"NAME"`: the end of each of the channel's JSON frames. */
  readonly suffix: string;
}

/** One message of the server's own. */
export interface Message {
  /** Whether its name has the prefix of internal events, as `pusher_internal:`. */
  readonly internal: boolean;
  /** Without its prefix. */
  readonly name: string;
  readonly data: string | Readonly<Record<string, unknown>>;
  readonly channel: MessageChannel | null;
}

/** The answer to a ping. */
export const PONG: Message = publicMessage("pong", "{}");

/** The first message of every connection. pusher-js never connects unless the timeout is positive. */
export function connectionEstablished(socketId: string, activityTimeoutSeconds: number): Message {
  return publicMessage(
    "connection_established",
    `{"socket_id":"${socketId}","activity_timeout":${activityTimeoutSeconds}}`,
  );
}

/** A refusal. */
export function errorMessage({ code, message }: Fault): Message {
  return publicMessage("error", { code, message });
}

/** The answer to a subscription; `data` is `{}` or a roster. */
export function subscriptionSucceeded(channel: MessageChannel, data: string): Message {
  return internalMessage("subscription_succeeded", data, channel);
}

/** Tells the others on a presence channel that a user has come. `userInfo` is JSON, or null for none. */
export function memberAdded(
  channel: MessageChannel,
  userId: string,
  userInfo: string | null,
): Message {
  const info = userInfo === null ? "" : `,"user_info":${userInfo}`;
  return internalMessage("member_added", `{"user_id":${JSON.stringify(userId)}${info}}`, channel);
}

/** Tells the others on a presence channel that a user has gone. */
export function memberRemoved(channel: MessageChannel, userId: string): Message {
  return internalMessage("member_removed", `{"user_id":${JSON.stringify(userId)}}`, channel);
}

/** Tells the subscribers of a channel how many they are. */
export function subscriptionCount(channel: MessageChannel, count: number): Message {
  return internalMessage("subscription_count", `{"subscription_count":${count}}`, channel);
}

/** The answer to a sign-in; `userData` is the text that was sent. */
export function signinSuccess(userData: string): Message {
  return publicMessage("signin_success", `{"user_data":${JSON.stringify(userData)}}`);
}

/** Tells a watcher which users are online and which are not. Either list may be empty. */
export function watchlistEvents(online: readonly string[], offline: readonly string[]): Message {
  const events: { readonly name: string; readonly user_ids: readonly string[] }[] = [];
  if (online.length > 0) events.push({ name: "online", user_ids: online });
  if (offline.length > 0) events.push({ name: "offline", user_ids: offline });
  return internalMessage("watchlist_events", JSON.stringify({ events }), null);
}

/** Tells that a cache channel has no event to begin with. */
export function cacheMiss(channel: MessageChannel): Message {
  return publicMessage("cache_miss", "{}", channel);
}

/** Tells a connection, or one subscription, whether it gets deltas: null is no algorithm. */
export function deltaEnabled(algorithm: Algorithm | null, channel: MessageChannel | null): Message {
  const data = {
    enabled: algorithm !== null,
    ...(algorithm === null ? {} : { algorithm }),
    ...(channel === null ? {} : { channel: channel.name }),
  };
  return publicMessage("delta_compression_enabled", data, channel);
}

/** Tells a client of compact frames the channel's number in them. */
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
