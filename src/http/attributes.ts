// The figures of a channel that API callers may ask for.
import type { Attribute } from "../protocol/publication.ts";
import type { AppHub } from "../hub/app-hub.ts";

/** The asked figures, 0 for a channel without subscribers. `user_count` is left out where there are no users. */
export function describeChannel(
  hub: AppHub,
  name: string,
  info: readonly Attribute[],
): Record<string, unknown> {
  const channel = hub.channels.get(name);
  const figures: Record<string, unknown> = {};
  if (info.includes("user_count") && name.startsWith("presence-"))
    figures["user_count"] = channel?.presence?.userCount ?? 0;
  if (info.includes("subscription_count"))
    figures["subscription_count"] = channel?.socketCount ?? 0;
  if (info.includes("cache")) figures["cache"] = describeCached(hub, name);
  return figures;
}

/** The remembered event's data and the seconds it is still remembered, or null. */
function describeCached(
  hub: AppHub,
  name: string,
): { readonly data: string; readonly ttl: number } | null {
  const nowMs = hub.nowMs();
  const cached = hub.cache.get(name, nowMs);
  if (cached === null) return null;
  return { data: cached.data, ttl: Math.ceil((cached.expiresMs - nowMs) / 1000) };
}
