// The table of an app's options: the keys of `apps[]` in a file, and the variables that describe one app.
// The limits are Pusher's published ones unless set. An `App` is made of these settings in apps.ts.

import { DEFAULT_LIMITS, type App, type AppLimits, type Credential } from "../protocol/app.ts";
import { CHANNEL_DELTA } from "./channel-delta.ts";
import { REMEMBERED } from "./options/limits.ts";
import { CREDENTIALS, KEY, SECRET, type Pair } from "./credentials.ts";
import { APP_INERT } from "./inert-app-keys.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { flag, limit, sizeLimit, text, type Kind } from "./kinds.ts";
import { ORIGINS } from "./network-kinds.ts";
import { optionsOf, type Table } from "./table.ts";
import { WEBHOOKS } from "./webhooks.ts";

/** An app as it is configured. What is undefined was not given. */
export interface AppSettings extends Pair, AppLimits, Omit<App, "id" | "credentials" | "limits"> {
  readonly id: string | undefined;
  readonly credentials: readonly Credential[] | undefined;
}

const ID_TEXT = text("a number, or letters, digits, _ and -", /^[\w-]+$/);

/** Pusher's ids are numbers, and a file may well hold one as a number. */
const ID: Kind<string | undefined> = {
  allowed: ID_TEXT.allowed,
  read: (value, place) =>
    ID_TEXT.read(
      typeof value === "number" && Number.isSafeInteger(value) ? `${value}` : value,
      place,
    ),
  write: (id) => id ?? null,
};

/** Every option of an app, in the order of the documentation. */
export const APP_OPTIONS: Table<AppSettings> = {
  id: {
    path: "id",
    kind: ID,
    default: undefined,
    env: ["SOCKUDO_DEFAULT_APP_ID", "SOKETI_DEFAULT_APP_ID"],
    doc: "The id in the paths of the HTTP API. No two apps have the same. Required.",
  },
  key: {
    path: "key",
    kind: KEY,
    default: undefined,
    env: ["SOCKUDO_DEFAULT_APP_KEY", "SOKETI_DEFAULT_APP_KEY"],
    doc: "The key that clients connect with. No two apps have the same. Required, unless there are `credentials`.",
  },
  secret: {
    path: "secret",
    kind: SECRET,
    default: undefined,
    env: ["SOCKUDO_DEFAULT_APP_SECRET", "SOKETI_DEFAULT_APP_SECRET"],
    doc: "What signs requests and subscriptions. Required, unless there are `credentials`.",
  },
  credentials: {
    path: "credentials",
    kind: CREDENTIALS,
    default: undefined,
    env: [],
    doc: "Several pairs of `key` and `secret` instead of one, oldest first, to rotate a secret: each authorises.",
  },
  enabled: {
    path: "enabled",
    kind: flag(),
    default: true,
    env: ["SOCKUDO_DEFAULT_APP_ENABLED", "SOKETI_DEFAULT_APP_ENABLED"],
    doc: "A disabled app refuses connections with 4003 and requests with 403.",
  },
  clientEvents: {
    path: "enable_client_messages",
    kind: flag(),
    default: false,
    aliases: ["policy.features.enable_client_messages"],
    env: [
      "SOCKUDO_DEFAULT_APP_ENABLE_CLIENT_MESSAGES",
      "SOCKUDO_ENABLE_CLIENT_MESSAGES",
      "SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES",
    ],
    doc: "Whether clients may send `client-` events on private and presence channels.",
  },
  subscriptionCount: {
    path: "enable_subscription_count",
    kind: flag(),
    default: false,
    aliases: ["policy.features.enable_subscription_count"],
    env: [],
    doc: "Whether the number of a channel's subscriptions may be asked for, and is told to its subscribers.",
  },
  watchlist: {
    path: "enable_watchlist_events",
    kind: flag(),
    default: false,
    aliases: ["policy.features.enable_watchlist_events"],
    env: ["SOCKUDO_DEFAULT_APP_ENABLE_WATCHLIST_EVENTS"],
    doc: "Whether a user who signed in is told who of its watchlist is online.",
  },
  authorisedConnections: {
    path: "enable_user_authentication",
    kind: flag(),
    default: false,
    aliases: ["policy.features.enable_user_authentication"],
    env: [
      "SOCKUDO_DEFAULT_APP_ENABLE_USER_AUTHENTICATION",
      "SOKETI_DEFAULT_APP_USER_AUTHENTICATION",
    ],
    doc: "Whether a connection is closed with 4009 that neither signs in nor subscribes to a private or presence channel within `user_authentication_timeout`.",
  },
  replayProtection: {
    path: "replay_protection",
    kind: flag(),
    default: false,
    aliases: ["policy.features.replay_protection"],
    env: [],
    doc: "Whether the signature of an API request is accepted only once. Most libraries sign two equal requests of one second alike, and the second is then refused.",
  },
  allowedOrigins: {
    path: "allowed_origins",
    kind: ORIGINS,
    default: [],
    aliases: ["policy.channels.allowed_origins"],
    env: ["SOCKUDO_DEFAULT_APP_ALLOWED_ORIGINS"],
    doc: "The origins that browsers may connect from. Empty is every origin, and so is `*` in the list.",
  },
  webhooks: {
    path: "webhooks",
    kind: WEBHOOKS,
    default: [],
    aliases: ["policy.webhooks"],
    env: ["SOKETI_DEFAULT_APP_WEBHOOKS"],
    doc: "Where the app is told what happens, each with the keys of [a webhook](#a-webhook).",
  },
  channelDelta: {
    path: "channel_delta_compression",
    kind: CHANNEL_DELTA,
    default: [],
    aliases: ["policy.channels.channel_delta_compression"],
    env: [],
    doc: "What holds for delta compression on some channels. Their name, or `prefix*`, `*suffix` or `*`, stands with one word, or with the keys of [channels with delta compression](#channels-with-delta-compression). The exact name counts first, then the longest pattern, then `*`.",
  },
  maxConnections: {
    path: "max_connections",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxConnections,
    aliases: ["policy.limits.max_connections"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_CONNECTIONS", "SOKETI_DEFAULT_APP_MAX_CONNS"],
    doc: "Connections at once. One more is closed with 4004.",
  },
  maxClientEventsPerSecond: {
    path: "max_client_events_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxClientEventsPerSecond,
    aliases: ["policy.limits.max_client_events_per_second", "max_client_events_per_sec"],
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SEC",
    ],
    doc: "Client events a second and connection. One more is dropped and answered with 4301.",
  },
  maxApiEventsPerSecond: {
    path: "max_backend_events_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxApiEventsPerSecond,
    aliases: ["policy.limits.max_backend_events_per_second", "max_backend_events_per_sec"],
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SEC",
    ],
    doc: "Events a second that the HTTP API publishes. More is answered with 429.",
  },
  maxApiReadsPerSecond: {
    path: "max_read_requests_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxApiReadsPerSecond,
    aliases: ["policy.limits.max_read_requests_per_second", "max_read_req_per_sec"],
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_READ_REQUESTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_READ_REQ_PER_SEC",
    ],
    doc: "Requests a second to the HTTP API that only ask. More is answered with 429.",
  },
  maxSubscriptions: {
    path: "max_subscriptions_per_connection",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxSubscriptions,
    aliases: ["policy.limits.max_subscriptions_per_connection"],
    env: [],
    doc: "Channels of one connection.",
  },
  maxPresenceMembers: {
    path: "max_presence_members_per_channel",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxPresenceMembers,
    aliases: ["policy.limits.max_presence_members_per_channel"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBERS_PER_CHANNEL"],
    doc: "Distinct users of one presence channel.",
  },
  maxPresenceMemberBytes: {
    path: "max_presence_member_size_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxPresenceMemberBytes,
    aliases: ["policy.limits.max_presence_member_size_in_kb"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBER_SIZE_IN_KB"],
    doc: "The `user_info` of one member of a presence channel.",
  },
  maxChannelNameLength: {
    path: "max_channel_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxChannelNameLength,
    aliases: ["policy.limits.max_channel_name_length"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_CHANNEL_NAME_LENGTH"],
    doc: "Characters of a channel's name, its prefix included.",
  },
  maxEventChannels: {
    path: "max_event_channels_at_once",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventChannels,
    aliases: ["policy.limits.max_event_channels_at_once"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_CHANNELS_AT_ONCE"],
    doc: "Channels that one request may publish to.",
  },
  maxEventNameLength: {
    path: "max_event_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventNameLength,
    aliases: ["policy.limits.max_event_name_length"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_NAME_LENGTH"],
    doc: "Characters of an event's name.",
  },
  maxEventDataBytes: {
    path: "max_event_payload_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxEventDataBytes,
    aliases: ["policy.limits.max_event_payload_in_kb"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_PAYLOAD_IN_KB"],
    doc: "The data of one event, a client's included.",
  },
  maxBatchEvents: {
    path: "max_event_batch_size",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxBatchEvents,
    aliases: ["policy.limits.max_event_batch_size"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_BATCH_SIZE"],
    doc: "Events of one batch request.",
  },
  strictChannelNames: {
    path: "strict_channel_names",
    kind: flag(),
    default: DEFAULT_LIMITS.strictChannelNames,
    env: [],
    doc: "Whether names of channels are Pusher's alone. Otherwise `:` may stand in them too, as in Sockudo's.",
  },
  strictPresence: {
    path: "strict_presence",
    kind: flag(),
    default: DEFAULT_LIMITS.strictPresence,
    env: [],
    doc: "Whether a member of a presence channel whose `user_info` is `true` is refused, as Pusher does. Laravel sends that for a callback that returns `true`; otherwise it is let in, and the log warns.",
  },
  idempotency: {
    path: "idempotency.enabled",
    kind: flag(),
    default: DEFAULT_LIMITS.idempotency,
    aliases: ["policy.idempotency.enabled"],
    env: [],
    doc: "Whether a publish whose idempotency key has come before is answered as before, and not published again.",
  },
  idempotencyTtlMs: {
    path: "idempotency.ttl_seconds",
    kind: REMEMBERED,
    default: DEFAULT_LIMITS.idempotencyTtlMs,
    aliases: ["policy.idempotency.ttl_seconds"],
    env: [],
    doc: "How long an idempotency key is remembered.",
  },
};

/** The keys of an app in a file. */
export const APP_KEYS: KeyIndex = indexKeys(optionsOf(APP_OPTIONS), APP_INERT);
