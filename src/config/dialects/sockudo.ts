// Sockudo's dialect: its names for our options where they differ, and its groups. Our own keys are Sockudo's wherever it
// has the option. Keys that soketi has too are listed here and not in soketi.ts.

import type { Config } from "../config.ts";
import { flagValue, reader, type Reader } from "../kinds.ts";
import type { AppSettings } from "../settings.ts";
import { DEBUG, isNotFalse } from "./debug-switch.ts";
import type { Dialect, OtherNames } from "./dialect.ts";
import { SOCKUDO_ADAPTER_NAMES } from "./sockudo-adapter.ts";
import {
  APP_IGNORED,
  CHANNEL_DELTA_IGNORED,
  SERVER_IGNORED,
  WEBHOOK_IGNORED,
} from "./sockudo-ignored.ts";

// Many programs read the variable `DEBUG`. A value that is not a flag, such as `DEBUG=express:*`, is meant for another one.
const isTrue = (value: unknown): boolean => flagValue(value) === true;

// Sockudo writes text for every word but `json`.
const OUTPUT_FORMAT: Reader<"text" | "json"> = reader(
  '"json", or any other word for text',
  (value) => (value === "json" ? "json" : "text"),
);

const SERVER_NAMES: OtherNames<Config> = {
  host: { env: ["HOST"] },
  port: { env: ["PORT"] },
  unixSocketEnabled: { env: ["UNIX_SOCKET_ENABLED"] },
  unixSocketPath: { env: ["UNIX_SOCKET_PATH"] },
  unixSocketMode: { env: ["UNIX_SOCKET_PERMISSION_MODE"] },
  sslEnabled: { env: ["SSL_ENABLED"] },
  sslCertPath: { env: ["SSL_CERT_PATH"] },
  sslKeyPath: { env: ["SSL_KEY_PATH"] },
  activityTimeoutSeconds: { env: ["ACTIVITY_TIMEOUT"] },
  userAuthenticationTimeoutSeconds: { env: ["USER_AUTHENTICATION_TIMEOUT"] },
  shutdownGracePeriodMs: { env: ["SHUTDOWN_GRACE_PERIOD"] },
  maxConnections: { env: ["SOCKUDO_MAX_CONNECTIONS"] },
  rateLimiterEnabled: { env: ["RATE_LIMITER_ENABLED"] },
  handshakesPerWindow: { env: ["RATE_LIMITER_WS_MAX_REQUESTS"] },
  handshakeWindowSeconds: { env: ["RATE_LIMITER_WS_WINDOW_SECONDS"] },
  websocketMaxPayloadBytes: { env: ["WEBSOCKET_MAX_PAYLOAD_KB"] },
  websocketMaxBackpressureBytes: { env: ["WEBSOCKET_MAX_BACKPRESSURE"] },
  tagFilteringEnabled: { env: ["TAG_FILTERING_ENABLED"] },
  apiRequestsPerWindow: { env: ["RATE_LIMITER_API_MAX_REQUESTS"] },
  apiWindowSeconds: { env: ["RATE_LIMITER_API_WINDOW_SECONDS"] },
  corsOrigins: { env: ["CORS_ORIGINS"] },
  corsMethods: { env: ["CORS_METHODS"] },
  corsHeaders: { env: ["CORS_HEADERS"] },
  corsCredentials: { env: ["CORS_CREDENTIALS"] },
  usageEnabled: { env: ["HTTP_API_USAGE_ENABLED"] },
  acceptTrafficMemoryThresholdPercent: { env: ["HTTP_API_ACCEPT_TRAFFIC_MEMORY_THRESHOLD"] },
  idempotencyMaxKeyLength: { env: ["IDEMPOTENCY_MAX_KEY_LENGTH"] },
  webhookBatchingEnabled: { env: ["WEBHOOK_BATCHING_ENABLED"] },
  webhookBatchMs: { env: ["WEBHOOK_BATCHING_DURATION"] },
  webhookBatchEvents: { env: ["WEBHOOK_BATCHING_SIZE"] },
  metricsEnabled: { env: ["METRICS_ENABLED"] },
  metricsDriver: { env: ["METRICS_DRIVER"] },
  metricsHost: { env: ["METRICS_HOST"] },
  metricsPort: { env: ["METRICS_PORT"] },
  metricsPrefix: {
    keys: [{ name: "metrics.prefix", yields: true }],
    env: ["METRICS_PROMETHEUS_PREFIX"],
  },
  logLevel: {
    keys: [{ name: "debug", kind: DEBUG, yields: true, gives: isNotFalse }],
    env: [
      "LOG_LEVEL",
      { name: "DEBUG_MODE", kind: DEBUG, gives: isNotFalse },
      { name: "DEBUG", kind: DEBUG, gives: isTrue },
    ],
  },
  logFormat: { env: [{ name: "LOG_OUTPUT_FORMAT", kind: OUTPUT_FORMAT }] },
  ...SOCKUDO_ADAPTER_NAMES,
  appManagerDriver: { env: ["APP_MANAGER_DRIVER"] },
  cacheDriver: { env: ["CACHE_DRIVER"] },
  cacheMaxEntries: { env: ["CACHE_MAX_CAPACITY"] },
  cacheTtlSeconds: {
    keys: [{ name: "channel_limits.cache_ttl", yields: true }],
    env: ["CACHE_TTL_SECONDS"],
  },
  queueDriver: { env: ["QUEUE_DRIVER"] },
  defaultIdempotency: { env: ["IDEMPOTENCY_ENABLED"] },
  defaultIdempotencyTtlMs: { env: ["IDEMPOTENCY_TTL_SECONDS"] },
  apps: { keys: ["app_manager.array.apps"] },
};

const APP_NAMES: OtherNames<AppSettings> = {
  id: { env: ["SOCKUDO_DEFAULT_APP_ID"] },
  key: { env: ["SOCKUDO_DEFAULT_APP_KEY"] },
  secret: { env: ["SOCKUDO_DEFAULT_APP_SECRET"] },
  enabled: { env: ["SOCKUDO_DEFAULT_APP_ENABLED"] },
  clientEvents: {
    keys: ["policy.features.enable_client_messages"],
    env: ["SOCKUDO_DEFAULT_APP_ENABLE_CLIENT_MESSAGES", "SOCKUDO_ENABLE_CLIENT_MESSAGES"],
  },
  subscriptionCount: { keys: ["policy.features.enable_subscription_count"] },
  watchlist: {
    keys: ["policy.features.enable_watchlist_events"],
    env: ["SOCKUDO_DEFAULT_APP_ENABLE_WATCHLIST_EVENTS"],
  },
  authorisedConnections: {
    keys: ["policy.features.enable_user_authentication"],
    env: ["SOCKUDO_DEFAULT_APP_ENABLE_USER_AUTHENTICATION"],
  },
  replayProtection: { keys: ["policy.features.replay_protection"] },
  allowedOrigins: {
    keys: ["policy.channels.allowed_origins"],
    env: ["SOCKUDO_DEFAULT_APP_ALLOWED_ORIGINS"],
  },
  webhooks: { keys: ["policy.webhooks"] },
  channelDelta: { keys: ["policy.channels.channel_delta_compression"] },
  maxConnections: {
    keys: ["policy.limits.max_connections"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_CONNECTIONS"],
  },
  maxClientEventsPerSecond: {
    keys: ["policy.limits.max_client_events_per_second"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SECOND"],
  },
  maxApiEventsPerSecond: {
    keys: ["policy.limits.max_backend_events_per_second"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SECOND"],
  },
  maxApiReadsPerSecond: {
    keys: ["policy.limits.max_read_requests_per_second"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_READ_REQUESTS_PER_SECOND"],
  },
  maxSubscriptions: { keys: ["policy.limits.max_subscriptions_per_connection"] },
  maxPresenceMembers: {
    keys: ["policy.limits.max_presence_members_per_channel"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBERS_PER_CHANNEL"],
  },
  maxPresenceMemberBytes: {
    keys: ["policy.limits.max_presence_member_size_in_kb"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_PRESENCE_MEMBER_SIZE_IN_KB"],
  },
  maxChannelNameLength: {
    keys: ["policy.limits.max_channel_name_length"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_CHANNEL_NAME_LENGTH"],
  },
  maxEventChannels: {
    keys: ["policy.limits.max_event_channels_at_once"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_CHANNELS_AT_ONCE"],
  },
  maxEventNameLength: {
    keys: ["policy.limits.max_event_name_length"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_NAME_LENGTH"],
  },
  maxEventDataBytes: {
    keys: ["policy.limits.max_event_payload_in_kb"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_PAYLOAD_IN_KB"],
  },
  maxBatchEvents: {
    keys: ["policy.limits.max_event_batch_size"],
    env: ["SOCKUDO_DEFAULT_APP_MAX_EVENT_BATCH_SIZE"],
  },
  idempotency: { keys: ["policy.idempotency.enabled"] },
  idempotencyTtlMs: { keys: ["policy.idempotency.ttl_seconds"] },
};

/** Sockudo's names, groups and keys without effect. */
export const SOCKUDO: Dialect = {
  appVariables: "SOCKUDO_",
  objects: {
    server: {
      names: SERVER_NAMES,
      groups: [
        "adapter",
        "app_manager",
        "cache",
        "database",
        "echo_control",
        "event_limits",
        "event_name_filtering",
        "http_api.accept_traffic",
        "instance",
        "logging",
        "metrics.prometheus",
        "presence",
        "queue",
        "rate_limiter",
      ],
      ignored: SERVER_IGNORED,
    },
    app: { names: APP_NAMES, groups: ["policy"], ignored: APP_IGNORED },
    webhook: { ignored: WEBHOOK_IGNORED },
    channelDelta: { ignored: CHANNEL_DELTA_IGNORED },
  },
};
