// What nodes of a cluster send one another about apps: publications, cached events, commands. Nothing about what comes is
// certain, so each is checked before the hub gets it.
import { NO_TAGS, type Tags } from "../../filter/tags.ts";
import type { CachedEvent } from "../../hub/cache.ts";
import type { Arrival } from "../../hub/publish.ts";

/** A publication for one channel, as it is sent. */
export function writeArrival({ publication, origin }: Arrival): readonly unknown[] {
  const { event, data, exceptSocketId, userId, tags, compressible } = publication;
  return [origin, event, data, exceptSocketId, userId, [...tags], compressible];
}

/** A publication of another node, or null if it is malformed. */
export function readArrival(channel: string, body: unknown): Arrival | null {
  if (!Array.isArray(body)) return null;
  const [origin, event, data, exceptSocketId, userId, tags, compressible]: unknown[] = body;
  if (origin !== "api" && origin !== "client") return null;
  if (typeof event !== "string" || typeof data !== "string") return null;
  if (!isTextOrNull(exceptSocketId) || !isTextOrNull(userId)) return null;
  if (!isTags(tags) || typeof compressible !== "boolean") return null;
  const publication = { event, data, exceptSocketId, userId, tags: tagsOf(tags), compressible };
  return { origin, publication: { ...publication, channels: [channel] } };
}

/** A cached event as it is sent: with the time that it has left, since clocks of nodes differ. */
export function writeCached(
  { event, data, tags, expiresMs }: CachedEvent,
  nowMs: number,
): readonly unknown[] {
  return [event, data, [...tags], Math.max(0, Math.round(expiresMs - nowMs))];
}

/** A cached event of another node, or null if it is malformed or none. */
export function readCached(value: unknown, nowMs: number): CachedEvent | null {
  if (!Array.isArray(value)) return null;
  const [event, data, tags, leftMs]: unknown[] = value;
  if (typeof event !== "string" || typeof data !== "string" || !isTags(tags)) return null;
  if (typeof leftMs !== "number" || !(leftMs > 0)) return null;
  return { event, data, tags: tagsOf(tags), expiresMs: nowMs + leftMs };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isTags(value: unknown): value is readonly (readonly [string, string])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "string",
    )
  );
}

function tagsOf(pairs: readonly (readonly [string, string])[]): Tags {
  return pairs.length === 0 ? NO_TAGS : new Map(pairs);
}
