// The text frames that the server sends. Every frame has `event` and `data`; `data` is a JSON
// *string*, except in `pusher:error`, where it is an object. Members stand in the order of the
// live service: event, data, channel, user_id (WebSocket protocol reference, "Double encoding").
import type { Fault } from "./faults.ts";

/** The answer to `pusher:ping`. */
export const PONG_FRAME = '{"event":"pusher:pong","data":"{}"}';

/** The ping for transports without control frames. */
export const PING_FRAME = '{"event":"pusher:ping","data":"{}"}';

/** The first frame of every connection. pusher-js never connects unless the timeout is positive. */
export function connectionEstablished(socketId: string, activityTimeoutSeconds: number): string {
  return `{"event":"pusher:connection_established","data":"{\\"socket_id\\":\\"${socketId}\\",\\"activity_timeout\\":${activityTimeoutSeconds}}"}`;
}

/** A refusal. The only frame whose data is an object. */
export function errorFrame(fault: Fault): string {
  return `{"event":"pusher:error","data":{"code":${fault.code},"message":${JSON.stringify(fault.message)}}}`;
}

/** The end of every frame of one channel: `,"channel":"NAME"`. Kept by the channel, so that it is quoted once. */
export function channelSuffix(channel: string): string {
  return `,"channel":${JSON.stringify(channel)}`;
}

/** The begin of an event's frame, the same for all its channels: `{"event":"E","data":"D"`. */
export function eventPrefix(event: string, data: string): string {
  return `{"event":${JSON.stringify(event)},"data":${JSON.stringify(data)}`;
}

/** The answer to a subscription; `data` is `{}` or a roster. */
export function subscriptionSucceeded(suffix: string, data: string): string {
  return `${eventPrefix("pusher_internal:subscription_succeeded", data)}${suffix}}`;
}

/** Tells the others on a presence channel that a user has come. */
export function memberAdded(suffix: string, userId: string, userInfo: string | null): string {
  const info = userInfo === null ? "" : `,"user_info":${userInfo}`;
  const data = `{"user_id":${JSON.stringify(userId)}${info}}`;
  return `${eventPrefix("pusher_internal:member_added", data)}${suffix}}`;
}

/** Tells the others on a presence channel that a user has gone. */
export function memberRemoved(suffix: string, userId: string): string {
  const data = `{"user_id":${JSON.stringify(userId)}}`;
  return `${eventPrefix("pusher_internal:member_removed", data)}${suffix}}`;
}

/** The answer to a sign-in; `userData` is the text that was sent. */
export function signinSuccess(userData: string): string {
  const data = `{"user_data":${JSON.stringify(userData)}}`;
  return `${eventPrefix("pusher:signin_success", data)}}`;
}

/** Tells a watcher who is online and who is not. Neither list has to have anybody. */
export function watchlistEvents(online: readonly string[], offline: readonly string[]): string {
  const events: { readonly name: string; readonly user_ids: readonly string[] }[] = [];
  if (online.length > 0) events.push({ name: "online", user_ids: online });
  if (offline.length > 0) events.push({ name: "offline", user_ids: offline });
  return `${eventPrefix("pusher_internal:watchlist_events", JSON.stringify({ events }))}}`;
}

/** Tells that a cache channel has no event to begin with. */
export function cacheMiss(suffix: string): string {
  return `{"event":"pusher:cache_miss","data":"{}"${suffix}}`;
}

/** Tells the subscribers of a channel how many they are. */
export function subscriptionCount(suffix: string, count: number): string {
  return `${eventPrefix("pusher_internal:subscription_count", `{"subscription_count":${count}}`)}${suffix}}`;
}
