// Tells a channel's subscribers how many they are, here and elsewhere: at once if the last message was some time ago;
// otherwise at most once a second, or once in five seconds on a channel with more than 100
// subscribers (events documentation, "subscription_count"). The number of messages therefore does
// not grow with the rate at which clients come and go.
import { subscriptionCount } from "../protocol/messages.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import { notify } from "./publish.ts";

const MANY_SUBSCRIBERS = 100;
const INTERVAL_MS = 1000;
const LONG_INTERVAL_MS = 5000;

/**
 * Sends the channel's new subscriber count, or schedules it. Does nothing unless the app has the option on. Never
 * applies to presence channels, whose members can count each other.
 */
export function countChanged(hub: AppHub, channel: Channel): void {
  if (!hub.app.subscriptionCount || channel.presence !== null || channel.kind.user) return;
  const nowMs = hub.nowMs();
  if (nowMs < dueMs(channel)) hub.unsentCounts.add(channel);
  else tell(hub, channel, nowMs);
}

/** Sends the counts that are due. */
export function sendDueCounts(hub: AppHub): void {
  const nowMs = hub.nowMs();
  for (const channel of hub.unsentCounts) if (nowMs >= dueMs(channel)) tell(hub, channel, nowMs);
}

function dueMs({ subscriptionCount: count, countSentMs }: Channel): number {
  return countSentMs + (count > MANY_SUBSCRIBERS ? LONG_INTERVAL_MS : INTERVAL_MS);
}

function tell(hub: AppHub, channel: Channel, nowMs: number): void {
  const count = channel.subscriptionCount;
  channel.countSentMs = nowMs;
  hub.unsentCounts.delete(channel);
  notify(hub, channel, subscriptionCount(channel, count));
  hub.noteEdge({ kind: "subscription_count", channel: channel.name, count });
}
