// Telling a channel's subscribers how many they are: at once when nothing was told for a while, then at
// most once a second while they are few and every five seconds when they are many (events
// documentation, "subscription_count"). So what is told does not grow with how fast clients come and go.
import { subscriptionCount } from "../protocol/messages.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel } from "./channel.ts";
import { notify } from "./publish.ts";

const MANY = 100;
const INTERVAL_MS = 1000;
const INTERVAL_OF_MANY_MS = 5000;

/** Tells or remembers to tell that the channel's count has changed. Nothing unless the app wants it; never on presence channels, whose members know. */
export function countChanged(hub: AppHub, channel: Channel): void {
  if (!hub.app.subscriptionCount || channel.presence !== null || channel.kind.user) return;
  const nowMs = hub.nowMs();
  if (nowMs < dueMs(channel)) hub.countsToTell.add(channel);
  else tell(hub, channel, nowMs);
}

/** Tells the counts whose time has come. */
export function tellCounts(hub: AppHub): void {
  const nowMs = hub.nowMs();
  for (const channel of hub.countsToTell) if (nowMs >= dueMs(channel)) tell(hub, channel, nowMs);
}

function dueMs({ socketCount, countToldMs }: Channel): number {
  return countToldMs + (socketCount > MANY ? INTERVAL_OF_MANY_MS : INTERVAL_MS);
}

function tell(hub: AppHub, channel: Channel, nowMs: number): void {
  const count = channel.socketCount;
  channel.countToldMs = nowMs;
  hub.countsToTell.delete(channel);
  notify(hub, channel, subscriptionCount(channel, count));
  hub.note({ kind: "subscription_count", channel: channel.name, count });
}
