// Telling a channel's subscribers how many they are: at once while they are few, at most every
// five seconds when they are many (events documentation, "subscription_count").
import { subscriptionCount } from "../protocol/frames.ts";
import type { Channel } from "./channel.ts";
import type { AppHub } from "./hub.ts";
import { notify } from "./publish.ts";

const MANY = 100;
const INTERVAL_MS = 5000;

/** Tells or remembers to tell that the channel's count has changed. Nothing unless the app wants it; never on presence channels, whose members know. */
export function countChanged(hub: AppHub, channel: Channel): void {
  if (!hub.app.subscriptionCount || channel.presence !== null || channel.kind.user) return;
  const nowMs = hub.nowMs();
  if (channel.socketCount > MANY && nowMs < channel.countToldMs + INTERVAL_MS)
    hub.countsToTell.add(channel);
  else tell(hub, channel, nowMs);
}

/** Tells the counts whose time has come. */
export function tellCounts(hub: AppHub): void {
  const nowMs = hub.nowMs();
  for (const channel of hub.countsToTell)
    if (nowMs >= channel.countToldMs + INTERVAL_MS) tell(hub, channel, nowMs);
}

function tell(hub: AppHub, channel: Channel, nowMs: number): void {
  const count = channel.socketCount;
  channel.countToldMs = nowMs;
  hub.countsToTell.delete(channel);
  notify(hub, channel, subscriptionCount(channel.suffix, count));
  hub.note({ kind: "subscription_count", channel: channel.name, count });
}
