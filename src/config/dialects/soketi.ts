// soketi's dialect: its names for our options where they differ, its groups, and its keys without effect that Sockudo
// does not have. Its keys in camelCase need no rows, since camelCase is normalised to snake_case.

import { driverSettings, feature, tuning, unused } from "../ignored-key.ts";
import { reader, whole, type Reader, type Scalar } from "../kinds.ts";
import { DEBUG, isNotFalse } from "./debug-switch.ts";
import type { Dialect } from "./dialect.ts";
import { SOKETI_ADAPTER_NAMES } from "./soketi-adapter.ts";

// soketi's timeouts are in milliseconds. The minimum of 100 refuses values that were meant as seconds.
const MILLISECONDS: Scalar<number> = whole({ min: 100, max: 3_600_000, unit: "milliseconds" });

// Our option is in whole seconds. Rounding up never makes the timeout shorter than asked for.
const MILLISECONDS_AS_SECONDS: Reader<number> = reader(MILLISECONDS.allowed, (value) => {
  const ms = MILLISECONDS.parse(value);
  return ms === undefined ? undefined : Math.ceil(ms / 1000);
});

/** soketi's names, groups and keys without effect. */
export const SOKETI: Dialect = {
  appVariables: "SOKETI_",
  objects: {
    server: {
      names: {
        host: { env: ["SOKETI_HOST"] },
        port: { env: ["SOKETI_PORT"] },
        pathPrefix: { env: ["SOKETI_PATH_PREFIX"] },
        sslCertPath: { env: ["SOKETI_SSL_CERT"] },
        sslKeyPath: { env: ["SOKETI_SSL_KEY"] },
        sslPassphrase: { env: ["SOKETI_SSL_PASS"] },
        sslCaPath: { env: ["SOKETI_SSL_CA"] },
        userAuthenticationTimeoutSeconds: {
          keys: [{ name: "userAuthenticationTimeout", kind: MILLISECONDS_AS_SECONDS }],
          env: [{ name: "SOKETI_USER_AUTHENTICATION_TIMEOUT", kind: MILLISECONDS_AS_SECONDS }],
        },
        shutdownGracePeriodMs: {
          keys: [{ name: "shutdownGracePeriod", kind: MILLISECONDS }],
          env: [{ name: "SOKETI_SHUTDOWN_GRACE_PERIOD", kind: MILLISECONDS }],
        },
        httpRequestLimitBytes: { env: ["SOKETI_HTTP_MAX_REQUEST_SIZE"] },
        acceptTrafficMemoryThresholdPercent: {
          env: ["SOKETI_HTTP_ACCEPT_TRAFFIC_MEMORY_THRESHOLD"],
        },
        webhookBatchingEnabled: { env: ["SOKETI_WEBHOOKS_BATCHING"] },
        webhookBatchMs: { env: ["SOKETI_WEBHOOKS_BATCHING_DURATION"] },
        metricsEnabled: { env: ["SOKETI_METRICS_ENABLED"] },
        metricsDriver: { env: ["SOKETI_METRICS_DRIVER"] },
        metricsHost: { env: ["SOKETI_METRICS_HOST"] },
        metricsPort: { env: ["SOKETI_METRICS_SERVER_PORT"] },
        metricsPrefix: { env: ["SOKETI_METRICS_PROMETHEUS_PREFIX"] },
        logLevel: { env: [{ name: "SOKETI_DEBUG", kind: DEBUG, gives: isNotFalse }] },
        ...SOKETI_ADAPTER_NAMES,
        appManagerDriver: { env: ["SOKETI_APP_MANAGER_DRIVER"] },
        cacheDriver: { env: ["SOKETI_CACHE_DRIVER"] },
        cacheTtlSeconds: { env: ["SOKETI_CHANNEL_CACHE_TTL"] },
        queueDriver: { env: ["SOKETI_QUEUE_DRIVER"] },
        defaultMaxChannelNameLength: { env: ["SOKETI_CHANNEL_LIMITS_MAX_NAME_LENGTH"] },
        defaultMaxEventChannels: { env: ["SOKETI_EVENT_MAX_CHANNELS_AT_ONCE"] },
        defaultMaxEventNameLength: { env: ["SOKETI_EVENT_MAX_NAME_LENGTH"] },
        defaultMaxEventDataBytes: { env: ["SOKETI_EVENT_MAX_SIZE_IN_KB"] },
        defaultMaxBatchEvents: { env: ["SOKETI_EVENT_MAX_BATCH_SIZE"] },
        defaultMaxPresenceMembers: { env: ["SOKETI_PRESENCE_MAX_MEMBERS"] },
        defaultMaxPresenceMemberBytes: { env: ["SOKETI_PRESENCE_MAX_MEMBER_SIZE"] },
      },
      groups: [
        "adapter",
        "app_manager",
        "cache",
        "database",
        "event_limits",
        "http_api.accept_traffic",
        "instance",
        "metrics.prometheus",
        "presence",
        "queue",
        "rate_limiter",
      ],
      ignored: [
        {
          path: "mode",
          env: ["SOKETI_MODE"],
          asks: (value) => value === "server" || value === "worker",
          lacks: "does the whole work of a server in every process",
        },
        unused("instance.node_id", "gives processes no names"),
        unused("instance.pod_id", "gives processes no names"),
        driverSettings("cluster"),
        feature("", "takes the connection to Redis from SOKETI_DB_REDIS_HOST and its like", [
          "SOKETI_ADAPTER_REDIS_PUB_OPTIONS",
          "SOKETI_ADAPTER_REDIS_SUB_OPTIONS",
        ]),
        tuning("", ["memory", "local"], "counts on each node by itself", [
          "SOKETI_RATE_LIMITER_DRIVER",
        ]),
      ],
    },
    app: {
      names: {
        id: { env: ["SOKETI_DEFAULT_APP_ID"] },
        key: { env: ["SOKETI_DEFAULT_APP_KEY"] },
        secret: { env: ["SOKETI_DEFAULT_APP_SECRET"] },
        enabled: { env: ["SOKETI_DEFAULT_APP_ENABLED"] },
        clientEvents: { env: ["SOKETI_DEFAULT_APP_ENABLE_CLIENT_MESSAGES"] },
        authorisedConnections: { env: ["SOKETI_DEFAULT_APP_USER_AUTHENTICATION"] },
        webhooks: { env: ["SOKETI_DEFAULT_APP_WEBHOOKS"] },
        maxConnections: { env: ["SOKETI_DEFAULT_APP_MAX_CONNS"] },
        maxClientEventsPerSecond: {
          keys: ["max_client_events_per_sec"],
          env: ["SOKETI_DEFAULT_APP_MAX_CLIENT_EVENTS_PER_SEC"],
        },
        maxApiEventsPerSecond: {
          keys: ["max_backend_events_per_sec"],
          env: ["SOKETI_DEFAULT_APP_MAX_BACKEND_EVENTS_PER_SEC"],
        },
        maxApiReadsPerSecond: {
          keys: ["max_read_req_per_sec"],
          env: ["SOKETI_DEFAULT_APP_MAX_READ_REQ_PER_SEC"],
        },
      },
    },
    webhook: {
      names: {
        prefix: { keys: ["filter.channel_name_starts_with"] },
        suffix: { keys: ["filter.channel_name_ends_with"] },
      },
      ignored: [
        { ...feature("lambda", "does not invoke AWS Lambda"), refused: true },
        { ...feature("lambda_function", "does not invoke AWS Lambda"), refused: true },
      ],
    },
  },
};
