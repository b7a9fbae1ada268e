// The figures of a channel that API callers may ask for.
import type { Attribute } from "../protocol/publication.ts";
import type { AppHub } from "../hub/hub.ts";

/** The asked figures, 0 for a channel without subscribers. `user_count` is left out where there are no users. */
export function describeChannel(
  hub: AppHub,
  name: string,
  info: readonly Attribute[],
): Record<string, number> {
  const channel = hub.channels.get(name);
  const figures: Record<string, number> = {};
  if (info.includes("user_count") && name.startsWith("presence-"))
    figures["user_count"] = channel?.presence?.userCount ?? 0;
  if (info.includes("subscription_count"))
    figures["subscription_count"] = channel?.subscriptionCount ?? 0;
  return figures;
}
