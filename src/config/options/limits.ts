// The limits of apps that do not set their own.

import { DEFAULT_LIMITS, type AppLimits } from "../../protocol/app.ts";
import { flag, limit, scaled, sizeLimit, whole, type Scalar } from "../kinds.ts";
import type { Table } from "../table.ts";

/** The default limits of apps. Each is the default of the member of `AppLimits` with the same name. */
export interface LimitConfig {
  readonly defaultMaxChannelNameLength: number;
  readonly defaultMaxEventChannels: number;
  readonly defaultMaxEventNameLength: number;
  readonly defaultMaxEventDataBytes: number;
  readonly defaultMaxBatchEvents: number;
  readonly defaultMaxPresenceMembers: number;
  readonly defaultMaxPresenceMemberBytes: number;
  readonly defaultStrictChannelNames: boolean;
  readonly defaultStrictPresence: boolean;
  readonly defaultIdempotency: boolean;
  readonly defaultIdempotencyTtlMs: number;
  /** With this many channels the node is crowded. */
  readonly crowdedChannels: number;
  /** On a crowded node a connection with this many subscriptions cannot open further channels. */
  readonly maxSubscriptionsWhenCrowded: number;
}

/** How long an idempotency key is remembered. Given in seconds. */
export const REMEMBERED: Scalar<number> = scaled(
  whole({ min: 1, max: 86_400, unit: "seconds" }),
  1000,
);

/** The rows of `LimitConfig`. */
export const LIMIT_OPTIONS: Table<LimitConfig> = {
  defaultMaxChannelNameLength: {
    path: "channel_limits.max_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxChannelNameLength,
    env: ["FANWIRE_CHANNEL_LIMITS_MAX_NAME_LENGTH"],
    doc: "The `max_channel_name_length` of apps that set none.",
  },
  defaultMaxEventChannels: {
    path: "event_limits.max_channels_at_once",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventChannels,
    env: ["FANWIRE_EVENT_LIMITS_MAX_CHANNELS_AT_ONCE"],
    doc: "The `max_event_channels_at_once` of apps that set none.",
  },
  defaultMaxEventNameLength: {
    path: "event_limits.max_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventNameLength,
    env: ["FANWIRE_EVENT_LIMITS_MAX_NAME_LENGTH"],
    doc: "The `max_event_name_length` of apps that set none.",
  },
  defaultMaxEventDataBytes: {
    path: "event_limits.max_payload_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxEventDataBytes,
    env: ["FANWIRE_EVENT_LIMITS_MAX_PAYLOAD_IN_KB"],
    doc: "The `max_event_payload_in_kb` of apps that set none.",
  },
  defaultMaxBatchEvents: {
    path: "event_limits.max_batch_size",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxBatchEvents,
    env: ["FANWIRE_EVENT_LIMITS_MAX_BATCH_SIZE"],
    doc: "The `max_event_batch_size` of apps that set none.",
  },
  defaultMaxPresenceMembers: {
    path: "presence.max_members_per_channel",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxPresenceMembers,
    env: ["FANWIRE_PRESENCE_MAX_MEMBERS_PER_CHANNEL"],
    doc: "The `max_presence_members_per_channel` of apps that set none.",
  },
  defaultMaxPresenceMemberBytes: {
    path: "presence.max_member_size_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxPresenceMemberBytes,
    env: ["FANWIRE_PRESENCE_MAX_MEMBER_SIZE_IN_KB"],
    doc: "The `max_presence_member_size_in_kb` of apps that set none.",
  },
  defaultStrictChannelNames: {
    path: "strict_channel_names",
    kind: flag(),
    default: DEFAULT_LIMITS.strictChannelNames,
    env: ["FANWIRE_STRICT_CHANNEL_NAMES"],
    doc: "The `strict_channel_names` of apps that do not set it.",
  },
  defaultStrictPresence: {
    path: "strict_presence",
    kind: flag(),
    default: DEFAULT_LIMITS.strictPresence,
    env: ["FANWIRE_STRICT_PRESENCE"],
    doc: "The `strict_presence` of apps that do not set it.",
  },
  defaultIdempotency: {
    path: "idempotency.enabled",
    kind: flag(),
    default: DEFAULT_LIMITS.idempotency,
    env: ["FANWIRE_IDEMPOTENCY_ENABLED"],
    doc: "The `idempotency.enabled` of apps that do not set it.",
  },
  defaultIdempotencyTtlMs: {
    path: "idempotency.ttl_seconds",
    kind: REMEMBERED,
    default: DEFAULT_LIMITS.idempotencyTtlMs,
    env: ["FANWIRE_IDEMPOTENCY_TTL_SECONDS"],
    doc: "The `idempotency.ttl_seconds` of apps that set none.",
  },
  crowdedChannels: {
    path: "channel_limits.crowded_at",
    kind: limit([0, -1]),
    default: 12_000,
    env: ["FANWIRE_CHANNEL_LIMITS_CROWDED_AT"],
    doc: "Channels with subscribers, over all apps, from which on this node is crowded: a connection with many subscriptions can then join channels that exist, and open no others. A channel takes one to two kilobytes.",
  },
  maxSubscriptionsWhenCrowded: {
    path: "channel_limits.max_subscriptions_when_crowded",
    kind: limit([0, -1]),
    default: 200,
    env: ["FANWIRE_CHANNEL_LIMITS_MAX_SUBSCRIPTIONS_WHEN_CROWDED"],
    doc: "How many subscriptions are many, in that case.",
  },
};

/** The limits of an app that sets none. */
export function defaultLimits(config: LimitConfig): AppLimits {
  return {
    ...DEFAULT_LIMITS,
    maxChannelNameLength: config.defaultMaxChannelNameLength,
    maxEventChannels: config.defaultMaxEventChannels,
    maxEventNameLength: config.defaultMaxEventNameLength,
    maxEventDataBytes: config.defaultMaxEventDataBytes,
    maxBatchEvents: config.defaultMaxBatchEvents,
    maxPresenceMembers: config.defaultMaxPresenceMembers,
    maxPresenceMemberBytes: config.defaultMaxPresenceMemberBytes,
    strictChannelNames: config.defaultStrictChannelNames,
    strictPresence: config.defaultStrictPresence,
    idempotency: config.defaultIdempotency,
    idempotencyTtlMs: config.defaultIdempotencyTtlMs,
  };
}
