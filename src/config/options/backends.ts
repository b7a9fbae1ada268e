// The options of the backends: the store of apps, the cache, the queue.

import { APP_MANAGER_WORDS, CACHE_WORDS, QUEUE_WORDS } from "../dialects/driver-words.ts";
import { capped, oneOf, whole } from "../kinds.ts";
import type { Table } from "../table.ts";

/** The backends. Each driver has only one value, so that a file which asks for another driver is refused. */
export interface BackendConfig {
  /** The store of apps. `memory` takes them from the configuration. */
  readonly appManagerDriver: "memory";
  /** The store for the last event of each cache channel. */
  readonly cacheDriver: "memory";
  /** The maximum number of cached events per app. */
  readonly cacheMaxEntries: number;
  /** How long a cached event is kept, at most Pusher's 30 minutes. */
  readonly cacheTtlSeconds: number;
  /** The queue of webhooks. */
  readonly queueDriver: "memory";
}

const CACHE_TTL_MAX_SECONDS = 1800;

const CACHE_TTL = capped(
  whole({ min: 1, max: 31_536_000, unit: "seconds" }),
  CACHE_TTL_MAX_SECONDS,
  "a cache channel keeps its event for 30 minutes, as with Pusher",
);

/** The rows of `BackendConfig`. */
export const BACKEND_OPTIONS: Table<BackendConfig> = {
  appManagerDriver: {
    path: "app_manager.driver",
    kind: oneOf(["memory"], APP_MANAGER_WORDS),
    default: "memory",
    env: ["FANWIRE_APP_MANAGER_DRIVER"],
    doc: "Where apps come from. `memory` is this configuration.",
  },
  cacheDriver: {
    path: "cache.driver",
    kind: oneOf(["memory"], CACHE_WORDS),
    default: "memory",
    env: ["FANWIRE_CACHE_DRIVER"],
    doc: "Where the last events of cache channels are kept. `memory` forgets them when the server stops.",
  },
  cacheMaxEntries: {
    path: "cache.memory.max_capacity",
    kind: whole({ min: 1, max: 100_000_000 }),
    default: 10_000,
    env: ["FANWIRE_CACHE_MEMORY_MAX_CAPACITY"],
    doc: "Cache channels of one app whose last event is kept. With one more the oldest event is forgotten.",
  },
  cacheTtlSeconds: {
    path: "cache.memory.ttl",
    kind: CACHE_TTL,
    default: CACHE_TTL_MAX_SECONDS,
    env: ["FANWIRE_CACHE_MEMORY_TTL"],
    doc: "How long the last event of a cache channel is kept.",
  },
  queueDriver: {
    path: "queue.driver",
    kind: oneOf(["memory"], QUEUE_WORDS),
    default: "memory",
    env: ["FANWIRE_QUEUE_DRIVER"],
    doc: "Where webhooks wait to be sent. `memory` loses them when the server stops.",
  },
};
