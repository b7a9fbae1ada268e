// The text frames that the server sends. Every frame has `event` and `data`; `data` is a JSON
// *string*, except in `error`, where it is an object, and in the frames of delta compression, which
// Sockudo's clients read as objects. Members stand in the order of the live service: event, data,
// channel, user_id (WebSocket protocol reference, "Double encoding").
import type { Tags } from "../filter/tags.ts";
import { type Dialect, V1, V2 } from "./dialect.ts";
import type { Fault } from "./faults.ts";

const PONG_V1 = '{"event":"pusher:pong","data":"{}"}';
const PONG_V2 = '{"event":"sockudo:pong","data":"{}"}';

/** The answer to a ping. */
export function pong(dialect: Dialect): string {
  return dialect === V1 ? PONG_V1 : PONG_V2;
}

/** The first frame of every connection. pusher-js never connects unless the timeout is positive. */
export function connectionEstablished(
  { prefix }: Dialect,
  socketId: string,
  activityTimeoutSeconds: number,
): string {
  return `{"event":"${prefix}connection_established","data":"{\\"socket_id\\":\\"${socketId}\\",\\"activity_timeout\\":${activityTimeoutSeconds}}"}`;
}

/** A refusal. */
export function errorFrame({ prefix }: Dialect, fault: Fault): string {
  return `{"event":"${prefix}error","data":{"code":${fault.code},"message":${JSON.stringify(fault.message)}}}`;
}

/** The end of every frame of one channel: `,"channel":"NAME"`. Kept by the channel, so that it is quoted once. */
export function channelSuffix(channel: string): string {
  return `,"channel":${JSON.stringify(channel)}`;
}

/** The member of an event's frame that holds its tags, behind the channel; empty when it has none. */
export function tagsMember(tags: Tags): string {
  return tags.size === 0 ? "" : `,"tags":${JSON.stringify(Object.fromEntries(tags))}`;
}

/** The begin of an event's frame, the same for all its channels: `{"event":"E","data":"D"`. */
export function eventPrefix(event: string, data: string): string {
  return `{"event":${JSON.stringify(event)},"data":${JSON.stringify(data)}`;
}

/** The answer to a subscription; `data` is `{}` or a roster. */
export function subscriptionSucceeded({ internal }: Dialect, suffix: string, data: string): string {
  return `{"event":"${internal}subscription_succeeded","data":${JSON.stringify(data)}${suffix}}`;
}

/** What the server itself tells the subscribers of a channel, by dialect. Made once for each dialect that somebody speaks. */
export type Notice = (dialect: Dialect) => string;

/** Tells the others on a presence channel that a user has come. */
export function memberAdded(suffix: string, userId: string, userInfo: string | null): Notice {
  const info = userInfo === null ? "" : `,"user_info":${userInfo}`;
  return internalNotice("member_added", `{"user_id":${JSON.stringify(userId)}${info}}`, suffix);
}

/** Tells the others on a presence channel that a user has gone. */
export function memberRemoved(suffix: string, userId: string): Notice {
  return internalNotice("member_removed", `{"user_id":${JSON.stringify(userId)}}`, suffix);
}

/** Tells the subscribers of a channel how many they are. */
export function subscriptionCount(suffix: string, count: number): Notice {
  return internalNotice("subscription_count", `{"subscription_count":${count}}`, suffix);
}

/** The answer to a sign-in; `userData` is the text that was sent. */
export function signinSuccess({ prefix }: Dialect, userData: string): string {
  const data = `{"user_data":${JSON.stringify(userData)}}`;
  return `{"event":"${prefix}signin_success","data":${JSON.stringify(data)}}`;
}

/** Tells a watcher who is online and who is not. Neither list has to have anybody. */
export function watchlistEvents(online: readonly string[], offline: readonly string[]): Notice {
  const events: { readonly name: string; readonly user_ids: readonly string[] }[] = [];
  if (online.length > 0) events.push({ name: "online", user_ids: online });
  if (offline.length > 0) events.push({ name: "offline", user_ids: offline });
  return internalNotice("watchlist_events", JSON.stringify({ events }), "");
}

/** Tells that a cache channel has no event to begin with. */
export function cacheMiss({ prefix }: Dialect, suffix: string): string {
  return `{"event":"${prefix}cache_miss","data":"{}"${suffix}}`;
}

/** Both dialects, for who must serve all. */
export const DIALECTS: readonly Dialect[] = [V1, V2];

function internalNotice(event: string, data: string, suffix: string): Notice {
  const end = `${event}","data":${JSON.stringify(data)}${suffix}}`;
  return ({ internal }) => `{"event":"${internal}${end}`;
}
