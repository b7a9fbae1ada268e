// The table of an app's options: the keys of `apps[]` in a file, and the variables that describe one app.
// The limits are Pusher's published ones unless set. An `App` is made of these settings in apps.ts.

import { DEFAULT_LIMITS, type AppLimits, type Credential } from "../protocol/app.ts";
import { CREDENTIALS, KEY, SECRET, type Pair } from "./credentials.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { flag, limit, scaled, text, type Kind } from "./kinds.ts";
import { isOn, rows, type Inert, type Table } from "./table.ts";

/** An app as it is configured. What is undefined was not given. */
export interface AppSettings extends Pair, AppLimits {
  readonly id: string | undefined;
  readonly credentials: readonly Credential[] | undefined;
  readonly enabled: boolean;
  readonly clientEvents: boolean;
  readonly subscriptionCount: boolean;
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
    env: [
      "SOCKUDO_DEFAULT_APP_ENABLE_CLIENT_MESSAGES",
      "SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES",
    ],
    doc: "Whether clients may send `client-` events on private and presence channels.",
  },
  subscriptionCount: {
    path: "enable_subscription_count",
    kind: flag(),
    default: true,
    env: [],
    doc: "Whether the number of a channel's subscriptions may be asked for.",
  },
  maxConnections: {
    path: "max_connections",
    kind: limit([-1, 0]),
    default: DEFAULT_LIMITS.maxConnections,
    env: ["SOCKUDO_DEFAULT_APP_MAX_CONNECTIONS", "SOKETI_DEFAULT_APP_MAX_CONNS"],
    doc: "Connections at once. One more is closed with 4004.",
  },
  maxClientEventsPerSecond: {
    path: "max_client_events_per_second",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxClientEventsPerSecond,
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SEC",
    ],
    doc: "Client events a second and connection. One more is dropped and answered with 4301.",
  },
  maxPresenceMembers: {
    path: "max_presence_members_per_channel",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxPresenceMembers,
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBERS_PER_CHANNEL"],
    doc: "Distinct users of one presence channel.",
  },
  maxPresenceMemberBytes: {
    path: "max_presence_member_size_in_kb",
    kind: scaled(limit([-1], "KB"), 1024),
    default: DEFAULT_LIMITS.maxPresenceMemberBytes,
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBER_SIZE_IN_KB"],
    doc: "The `user_info` of one member of a presence channel.",
  },
  maxChannelNameLength: {
    path: "max_channel_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxChannelNameLength,
    env: ["SOCKUDO_DEFAULT_APP_MAX_CHANNEL_NAME_LENGTH"],
    doc: "Characters of a channel's name, its prefix included.",
  },
  maxEventChannels: {
    path: "max_event_channels_at_once",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventChannels,
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_CHANNELS_AT_ONCE"],
    doc: "Channels that one request may publish to.",
  },
  maxEventNameLength: {
    path: "max_event_name_length",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxEventNameLength,
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_NAME_LENGTH"],
    doc: "Characters of an event's name.",
  },
  maxEventDataBytes: {
    path: "max_event_payload_in_kb",
    kind: scaled(limit([-1], "KB"), 1024),
    default: DEFAULT_LIMITS.maxEventDataBytes,
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_PAYLOAD_IN_KB"],
    doc: "The data of one event, a client's included.",
  },
  maxBatchEvents: {
    path: "max_event_batch_size",
    kind: limit([-1]),
    default: DEFAULT_LIMITS.maxBatchEvents,
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_BATCH_SIZE"],
    doc: "Events of one batch request.",
  },
};

/** Keys that apps of other servers have and that do nothing here: accepted when off, else with a warning. */
export const APP_INERT: readonly Inert[] = [
  {
    path: "enable_user_authentication",
    env: [
      "SOCKUDO_DEFAULT_APP_ENABLE_USER_AUTHENTICATION",
      "SOKETI_DEFAULT_APP_USER_AUTHENTICATION",
    ],
    asks: isOn,
    lacks: "does not close connections that do not sign in",
  },
  {
    path: "enable_watchlist_events",
    env: ["SOCKUDO_DEFAULT_APP_ENABLE_WATCHLIST_EVENTS"],
    asks: isOn,
    lacks: "does not send watchlist events",
  },
  {
    path: "webhooks",
    env: ["SOKETI_DEFAULT_APP_WEBHOOKS"],
    asks: isOn,
    lacks: "does not send webhooks",
  },
  {
    path: "allowed_origins",
    env: ["SOCKUDO_DEFAULT_APP_ALLOWED_ORIGINS"],
    asks: (value) => isOn(value) && !["*", "any"].includes(String(value)),
    lacks: "does not check origins",
  },
  {
    path: "max_backend_events_per_second",
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SEC",
    ],
    asks: isOn,
    lacks: "does not limit how often the HTTP API publishes",
  },
  {
    path: "max_read_requests_per_second",
    env: [
      "SOCKUDO_DEFAULT_APP_MAX_READ_REQUESTS_PER_SECOND",
      "SOKETI_DEFAULT_APP_MAX_READ_REQ_PER_SEC",
    ],
    asks: isOn,
    lacks: "does not limit how often the HTTP API is asked",
  },
  {
    path: "decay_seconds",
    asks: (value) => value !== 1 && isOn(value),
    lacks: "limits client events by the second",
  },
  {
    path: "terminate_on_limit",
    asks: isOn,
    lacks: "keeps a connection that reaches a limit",
  },
  { path: "message_rate_limit", asks: isOn, lacks: "limits client events alone" },
  { path: "channel_delta_compression", asks: isOn, lacks: "does not compress by difference" },
  { path: "channel_namespaces", asks: isOn, lacks: "has no channel namespaces" },
  {
    path: "annotations_enabled",
    env: ["SOCKUDO_DEFAULT_APP_ANNOTATIONS_ENABLED"],
    asks: isOn,
    lacks: "has no annotations",
  },
  { path: "idempotency", asks: isOn, lacks: "does not recognise a repeated publish" },
  { path: "connection_recovery", asks: isOn, lacks: "does not replay missed events" },
];

/** The keys of an app in a file. */
export const APP_KEYS: KeyIndex = indexKeys(
  rows(APP_OPTIONS).map(([, option]) => option),
  APP_INERT,
);
