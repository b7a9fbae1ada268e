// The table of an app's options: the keys of an element of `apps` in a file. Limits that are not set are those that
// Pusher publishes. apps.ts turns these settings into an `App`.

import { DEFAULT_LIMITS } from "../protocol/app.ts";
import { CHANNEL_DELTA } from "./channel-delta.ts";
import { REMEMBERED } from "./options/limits.ts";
import { CREDENTIALS, KEY, SECRET } from "./credentials.ts";
import { dialectsOf, keysOf, withOtherNames } from "./dialects.ts";
import type { KeyIndex } from "./keys.ts";
import { flag, limit, sizeLimit, text, type Kind } from "./kinds.ts";
import { ORIGINS } from "./network-kinds.ts";
import type { AppSettings } from "./settings.ts";
import type { Table } from "./table.ts";
import { WEBHOOKS } from "./webhooks.ts";

const ID_TEXT = text("a number, or letters, digits, _ and -", /^[\w-]+$/);

/** An id is text, but a file may hold a number, since Pusher's ids are numbers. */
const ID: Kind<string | undefined> = {
  allowed: ID_TEXT.allowed,
  read: (value, position) =>
    ID_TEXT.read(
      typeof value === "number" && Number.isSafeInteger(value) ? `${value}` : value,
      position,
    ),
  write: (id) => id ?? null,
};

const OWN: Table<AppSettings> = {
  id: {
    path: "id",
    kind: ID,
    default: undefined,
    env: [],
    doc: "The id in the paths of the HTTP API. No two apps have the same. Required.",
  },
  key: {
    path: "key",
    kind: KEY,
    default: undefined,
    env: [],
    doc: "The key that clients connect with. No two apps have the same. Required, unless there are `credentials`.",
  },
  secret: {
    path: "secret",
    kind: SECRET,
    default: undefined,
    env: [],
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
    env: [],
    doc: "A disabled app refuses connections with 4003 and requests with 403.",
  },
  clientEvents: {
    path: "enable_client_messages",
    kind: flag(),
    default: false,
    env: [],
    doc: "Whether clients may send `client-` events on private and presence channels.",
  },
  subscriptionCount: {
    path: "enable_subscription_count",
    kind: flag(),
    default: false,
    env: [],
    doc: "Whether the number of a channel's subscriptions may be asked for, and is told to its subscribers.",
  },
  watchlist: {
    path: "enable_watchlist_events",
    kind: flag(),
    default: false,
    env: [],
    doc: "Whether a user who signed in is told who of its watchlist is online.",
  },
  authorisedConnections: {
    path: "enable_user_authentication",
    kind: flag(),
    default: false,
    env: [],
    doc: "Whether a connection is closed with 4009 that neither signs in nor subscribes to a private or presence channel within `user_authentication_timeout`.",
  },
  replayProtection: {
    path: "replay_protection",
    kind: flag(),
    default: false,
    env: [],
    doc: "Whether the signature of an API request is accepted only once. Most libraries sign two equal requests of one second alike, and the second is then refused.",
  },
  allowedOrigins: {
    path: "allowed_origins",
    kind: ORIGINS,
    default: [],
    env: [],
    doc: "The origins that browsers may connect from. Empty is every origin, and so is `*` in the list.",
  },
  webhooks: {
    path: "webhooks",
    kind: WEBHOOKS,
    default: [],
    env: [],
    doc: "Where the app is told what happens, each with the keys of [a webhook](#a-webhook).",
  },
  channelDelta: {
    path: "channel_delta_compression",
    kind: CHANNEL_DELTA,
    default: [],
    env: [],
    doc: "What holds for delta compression on some channels. Their name, or `prefix*`, `*suffix` or `*`, stands with one word, or with the keys of [channels with delta compression](#channels-with-delta-compression). The exact name counts first, then the longest pattern, then `*`.",
  },
  maxConnections: {
    path: "max_connections",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxConnections,
    env: [],
    doc: "Connections at once. One more is closed with 4004.",
  },
  maxClientEventsPerSecond: {
    path: "max_client_events_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxClientEventsPerSecond,
    env: [],
    doc: "Client events a second and connection. One more is dropped and answered with 4301.",
  },
  maxApiEventsPerSecond: {
    path: "max_backend_events_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxApiEventsPerSecond,
    env: [],
    doc: "Events a second that the HTTP API publishes. More is answered with 429.",
  },
  maxApiReadsPerSecond: {
    path: "max_read_requests_per_second",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxApiReadsPerSecond,
    env: [],
    doc: "Requests a second to the HTTP API that only ask. More is answered with 429.",
  },
  maxSubscriptions: {
    path: "max_subscriptions_per_connection",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxSubscriptions,
    env: [],
    doc: "Channels of one connection.",
  },
  maxPresenceMembers: {
    path: "max_presence_members_per_channel",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxPresenceMembers,
    env: [],
    doc: "Distinct users of one presence channel.",
  },
  maxPresenceMemberBytes: {
    path: "max_presence_member_size_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxPresenceMemberBytes,
    env: [],
    doc: "The `user_info` of one member of a presence channel.",
  },
  maxChannelNameLength: {
    path: "max_channel_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxChannelNameLength,
    env: [],
    doc: "Characters of a channel's name, its prefix included.",
  },
  maxEventChannels: {
    path: "max_event_channels_at_once",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventChannels,
    env: [],
    doc: "Channels that one request may publish to.",
  },
  maxEventNameLength: {
    path: "max_event_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventNameLength,
    env: [],
    doc: "Characters of an event's name.",
  },
  maxEventDataBytes: {
    path: "max_event_payload_in_kb",
    kind: sizeLimit([-1], "KB"),
    default: DEFAULT_LIMITS.maxEventDataBytes,
    env: [],
    doc: "The data of one event, a client's included.",
  },
  maxBatchEvents: {
    path: "max_event_batch_size",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxBatchEvents,
    env: [],
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
    env: [],
    doc: "Whether a publish whose idempotency key has come before is answered as before, and not published again.",
  },
  idempotencyTtlMs: {
    path: "idempotency.ttl_seconds",
    kind: REMEMBERED,
    default: DEFAULT_LIMITS.idempotencyTtlMs,
    env: [],
    doc: "How long an idempotency key is remembered.",
  },
};

/** Every option of an app, in the order of the documentation. */
export const APP_OPTIONS: Table<AppSettings> = withOtherNames(OWN, dialectsOf("app"));

/** The keys of an app in a file. */
export const APP_KEYS: KeyIndex = keysOf("app", APP_OPTIONS);
