// The keys and variables of Sockudo that are accepted and have no effect here.

import { driverSettings, feature, type IgnoredKey, isOn, tuning, unused } from "../ignored-key.ts";
import { isGroup } from "../source-position.ts";

const COUNTS = "counts the sockets of all nodes in any case";
const NO_TIMEOUTS = "has its own times for connections and answers";
const SAME_CONNECTION = "connects as database.redis and redis_pub_options say";
const SLOW = "decides by websocket.max_backpressure what becomes of a slow client";
const EACH_NODE = "makes deltas on each node, with nothing to coordinate";
const ONE_SWITCH = "turns all filters on and off by tag_filtering.enabled";
const EVENT_NAMES = "takes 50 names of events in a filter, of 200 characters each";
const ECHO = "sends clients of protocol 2 their own events unless they say echo_messages=false";
const ON: readonly unknown[] = [true, "1", "yes", "on"];
const PINGS = "pings by activity_timeout and pong_timeout";

const PROCESS: readonly IgnoredKey[] = [
  tuning("server_role", ["default"], "serves clients and the HTTP API in every process", [
    "SOCKUDO_SERVER_ROLE",
  ]),
  tuning("health_check_timeout_ms", [2000], "checks nothing that could hang", [
    "HEALTH_CHECK_TIMEOUT_MS",
  ]),
  tuning("instance.process_id", [""], "gives processes no names", ["INSTANCE_PROCESS_ID"]),
  tuning("logging.colors_enabled", [true], "has no choice of colours in its log", [
    "LOG_COLORS_ENABLED",
  ]),
  tuning("logging.include_target", [true], "names no module in its log", ["LOG_INCLUDE_TARGET"]),
  feature("", "takes the level of its log from log.level", [
    "SOCKUDO_LOG_DEBUG",
    "SOCKUDO_LOG_PROD",
  ]),
  feature("", "takes the apps of the file in any case", ["SOCKUDO_SKIP_INLINE_APPS"]),
  {
    path: "",
    env: ["APP_MANAGER_REGISTER_INLINE_APPS"],
    asks: (value) => !isOn(value),
    lacks: "takes the apps of the file in any case",
  },
  feature("ssl.redirect_http", "listens on one port", ["SSL_REDIRECT_HTTP"]),
  unused("ssl.http_port", "listens on one port"),
];

const ADAPTER: readonly IgnoredKey[] = [
  feature("adapter.fallback_to_local", "never goes on alone when its broker is away", [
    "ADAPTER_FALLBACK_TO_LOCAL",
  ]),
  tuning("adapter.enable_socket_counting", [true], COUNTS, ["ADAPTER_ENABLE_SOCKET_COUNTING"]),
  tuning("adapter.aggregate_counts", [false], COUNTS, ["ADAPTER_AGGREGATE_COUNTS"]),
  tuning("adapter.fast_presence_transitions", [false], "asks no other node who came or went", [
    "ADAPTER_FAST_PRESENCE_TRANSITIONS",
  ]),
  tuning("adapter.buffer_multiplier_per_cpu", [64], "has its own bounds for what waits", [
    "ADAPTER_BUFFER_MULTIPLIER_PER_CPU",
  ]),
  ...["adapter.cluster_health", "cluster_health"].map((path) =>
    unused(path, "has its own times for nodes that fall silent"),
  ),
  ...["redis.requests_timeout", "cluster.request_timeout_ms", "cluster.requests_timeout"].map(
    (key) => unused(`adapter.${key}`, NO_TIMEOUTS),
  ),
  ...["request_timeout_ms", "requests_timeout", "connection_timeout_ms", "timeout"].map((key) =>
    unused(`adapter.nats.${key}`, NO_TIMEOUTS),
  ),
  ...[
    "nodes_number",
    "discovery_max_wait_ms",
    "discovery_idle_wait_ms",
    "presence_sync_chunk_size",
  ].map((key) => unused(`adapter.nats.${key}`, "finds its nodes by itself")),
  ...["subscription_capacity", "client_capacity", "max_reconnects", "no_echo"].map((key) =>
    unused(`adapter.nats.${key}`, "has its own way with connections"),
  ),
  unused("adapter.redis.redis_sub_options", SAME_CONNECTION),
  unused("adapter.cluster.use_connection_manager", "has its own way with connections"),
  unused("adapter.cluster.use_sharded_pubsub", "always uses sharded publish/subscribe"),
  unused("database.redis.key_prefix", "begins its names in Redis with adapter.redis.prefix"),
  driverSettings("nats"),
  ...["pulsar", "rabbitmq", "google_pubsub", "kafka", "iggy", "omq"].map((driver) =>
    driverSettings(`adapter.${driver}`),
  ),
];

const STORES: readonly IgnoredKey[] = [
  ...["mysql", "postgres", "dynamodb", "surrealdb", "scylladb"].map((database) =>
    driverSettings(`database.${database}`),
  ),
  driverSettings("database_pooling"),
  ...["cache", "mysql", "postgres", "dynamodb", "scylladb"].map((settings) =>
    driverSettings(`app_manager.${settings}`),
  ),
  driverSettings("cache.redis"),
  tuning("cache.memory.cleanup_interval", [60], "forgets what has expired at its own pace", [
    "CACHE_CLEANUP_INTERVAL",
  ]),
  feature("queue.reliability", "sends webhooks again as webhooks.retry says"),
  ...["redis", "redis_cluster", "sqs", "sns"].map((driver) => driverSettings(`queue.${driver}`)),
  ...["nats", "pulsar", "rabbitmq", "google_pubsub", "kafka", "iggy"].map((driver) =>
    driverSettings(`queue.${driver}`),
  ),
];

const HTTP: readonly IgnoredKey[] = [
  tuning("rate_limiter.driver", ["memory", "local"], "counts on each node by itself", [
    "RATE_LIMITER_DRIVER",
  ]),
  driverSettings("rate_limiter.redis"),
  ...rateLimit("rate_limiter.api_rate_limit", "RATE_LIMITER_API_TRUST_HOPS"),
  ...rateLimit("rate_limiter.websocket_rate_limit", "RATE_LIMITER_WS_TRUST_HOPS"),
  feature(
    "http_api.accept_traffic.enabled",
    "refuses no connection when memory is short, GET /accept-traffic tells a load balancer",
    ["HTTP_API_ACCEPT_TRAFFIC_ENABLED"],
  ),
  feature("http_api.accept_traffic.memory_limit_bytes", "asks the system for the limit", [
    "HTTP_API_ACCEPT_TRAFFIC_MEMORY_LIMIT_BYTES",
  ]),
  tuning("http_api.accept_traffic.sample_interval_ms", [500], "measures when it is asked", [
    "HTTP_API_ACCEPT_TRAFFIC_SAMPLE_INTERVAL_MS",
  ]),
  feature("metrics.tcp_exporter", "serves metrics over HTTP alone", [
    "METRICS_TCP_EXPORTER_ENABLED",
  ]),
  feature("opentelemetry", "sends nothing to OpenTelemetry", ["SOCKUDO_OTEL_ENABLED"]),
  feature("mcp", "has no Model Context Protocol", ["MCP_ENABLED"]),
];

const WEBSOCKET: readonly IgnoredKey[] = [
  tuning("websocket.max_messages", [1000, 0, "none"], SLOW, ["WEBSOCKET_MAX_MESSAGES"]),
  tuning("websocket.max_bytes", [0, "none"], SLOW, ["WEBSOCKET_MAX_BYTES"]),
  tuning("websocket.disconnect_on_buffer_full", [true, "1", "yes", "on"], SLOW, [
    "WEBSOCKET_DISCONNECT_ON_BUFFER_FULL",
  ]),
  tuning("websocket.max_message_size", [67_108_864], "limits frames by websocket_max_payload_kb", [
    "WEBSOCKET_MAX_MESSAGE_SIZE",
  ]),
  tuning("websocket.max_frame_size", [16_777_216], "limits frames by websocket_max_payload_kb", [
    "WEBSOCKET_MAX_FRAME_SIZE",
  ]),
  tuning("websocket.write_buffer_size", [16_384], "has no choice of write buffers", [
    "WEBSOCKET_WRITE_BUFFER_SIZE",
  ]),
  tuning("websocket.auto_ping", [true, "1", "yes", "on"], PINGS, ["WEBSOCKET_AUTO_PING"]),
  tuning("websocket.ping_interval", [30], PINGS, ["WEBSOCKET_PING_INTERVAL"]),
  tuning("websocket.idle_timeout", [120], PINGS, ["WEBSOCKET_IDLE_TIMEOUT"]),
  tuning("websocket.compression", ["disabled"], "does not compress frames", [
    "WEBSOCKET_COMPRESSION",
  ]),
  feature("cleanup", "cleans up after a connection at once", [
    "CLEANUP_QUEUE_BUFFER_SIZE",
    "CLEANUP_BATCH_SIZE",
    "CLEANUP_BATCH_TIMEOUT_MS",
    "CLEANUP_WORKER_THREADS",
    "CLEANUP_MAX_RETRY_ATTEMPTS",
    "CLEANUP_ASYNC_ENABLED",
    "CLEANUP_FALLBACK_TO_SYNC",
  ]),
  tuning(
    "presence.update_rate_limit_per_member_per_second",
    [10],
    "has no updates of presence members",
    ["PRESENCE_UPDATE_RATE_LIMIT_PER_MEMBER_PER_SECOND"],
  ),
  tuning("presence.ungraceful_timeout_seconds", [0], "removes a member with its connection", [
    "PRESENCE_UNGRACEFUL_TIMEOUT_SECONDS",
  ]),
  tuning("presence.v2_ungraceful_timeout_seconds", [15], "removes a member with its connection", [
    "PRESENCE_V2_UNGRACEFUL_TIMEOUT_SECONDS",
  ]),
];

const EXTENSIONS: readonly IgnoredKey[] = [
  feature("delta_compression.cluster_coordination", EACH_NODE),
  tuning("delta_compression.coordination_backend", ["auto"], EACH_NODE),
  feature("connection_recovery", "does not replay missed events", ["CONNECTION_RECOVERY_ENABLED"]),
  feature("ephemeral", "has no ephemeral messages", ["EPHEMERAL_ENABLED"]),
  tuning("echo_control.enabled", ON, ECHO, ["ECHO_CONTROL_ENABLED"]),
  tuning("echo_control.default_echo_messages", ON, ECHO, ["ECHO_CONTROL_DEFAULT_ECHO_MESSAGES"]),
  tuning("event_name_filtering.enabled", ON, ONE_SWITCH, ["EVENT_NAME_FILTERING_ENABLED"]),
  tuning("event_name_filtering.max_events_per_filter", [50], EVENT_NAMES, [
    "EVENT_NAME_FILTERING_MAX_EVENTS_PER_FILTER",
  ]),
  tuning("event_name_filtering.max_event_name_length", [200], EVENT_NAMES, [
    "EVENT_NAME_FILTERING_MAX_EVENT_NAME_LENGTH",
  ]),
  feature("history", "keeps no history", ["HISTORY_ENABLED"]),
  feature("presence_history", "keeps no history", ["PRESENCE_HISTORY_ENABLED"]),
  feature("versioned_messages", "has no versions of messages", ["VERSIONED_MESSAGES_ENABLED"]),
  feature("annotations", "has no annotations", ["ANNOTATIONS_ENABLED"]),
  feature("ai_transport", "has no AI transport", ["AI_TRANSPORT_ENABLED"]),
  feature("ably_compat", "does not speak Ably's protocol", ["SOCKUDO_ABLY_COMPAT_ENABLED"]),
  {
    path: "push",
    env: [
      "PUSH_FCM_ENABLED",
      "PUSH_APNS_ENABLED",
      "PUSH_WEBPUSH_ENABLED",
      "PUSH_HMS_ENABLED",
      "PUSH_WNS_ENABLED",
    ],
    asks: (value) => (isGroup(value) ? Object.entries(value).some(enables) : isOn(value)),
    lacks: "sends no push notifications",
  },
  feature("push_rules", "sends no push notifications"),
];

/** Sockudo's keys beside the apps, in the order of the documentation. */
export const SERVER_IGNORED: readonly IgnoredKey[] = [
  ...PROCESS,
  ...WEBSOCKET,
  ...HTTP,
  ...EXTENSIONS,
  ...ADAPTER,
  ...STORES,
];

const FORBIDDING = /^allow_?(subscribe|publish|presence)_?for_?client$/i;

/** Keys of an app, in the order of the documentation. */
export const APP_IGNORED: readonly IgnoredKey[] = [
  inPolicy("limits", tuning("decay_seconds", [1], "limits client events by the second")),
  inPolicy("limits", feature("terminate_on_limit", "keeps a connection that reaches a limit")),
  inPolicy(
    "limits",
    feature("message_rate_limit", "limits frames by websocket.max_frames_per_second"),
  ),
  inPolicy("channels", {
    ...feature("channel_namespaces", "has no channel namespaces"),
    // Channel names may contain colons, so without its namespace a channel would be open to clients that it excludes.
    refused: (value) => Array.isArray(value) && value.some(forbids),
  }),
  inPolicy(
    "channels",
    feature("annotations_enabled", "has no annotations", [
      "SOCKUDO_DEFAULT_APP_ANNOTATIONS_ENABLED",
    ]),
  ),
  inPolicy("", feature("connection_recovery", "does not replay missed events")),
  inPolicy("", feature("history", "keeps no history")),
  inPolicy("", feature("presence_history", "keeps no history")),
];

function rateLimit(path: string, hops: string): readonly IgnoredKey[] {
  return [
    unused(`${path}.identifier`, "counts by the client's address"),
    tuning(`${path}.trust_hops`, [0], "believes the proxies that trusted_proxies names", [hops]),
  ];
}

/** Whether a key such as `fcm_enabled` turns on a provider. The other keys of the group only tune the providers. */
function enables([key, value]: readonly [string, unknown]): boolean {
  return /enabled$/i.test(key) && isOn(value);
}

/** Whether a namespace forbids clients something. */
function forbids(namespace: unknown): boolean {
  if (!isGroup(namespace)) return false;
  return Object.entries(namespace).some(
    ([key, value]) => FORBIDDING.test(key) && value !== null && !isOn(value),
  );
}

/** A key that an app of Sockudo has both at its top and in `policy`. */
function inPolicy(group: string, row: IgnoredKey): IgnoredKey {
  return { ...row, aliases: [["policy", group, row.path].filter((step) => step !== "").join(".")] };
}

const NAMESPACES = "has no channel namespaces, channel_prefix may say the same";

/** Keys of a webhook. A condition is refused, since without it the webhook would be sent more than its author asked for. */
export const WEBHOOK_IGNORED: readonly IgnoredKey[] = [
  feature("retry", "sends every webhook again as webhooks.retry says"),
  feature("request_timeout_ms", "gives every webhook webhooks.request_timeout_ms"),
  { ...feature("filter.channel_namespace", NAMESPACES), refused: true },
  { ...feature("filter.channel_namespaces", NAMESPACES), refused: true },
];

/** Keys of channels with delta compression. 10 is Sockudo's default and 30 is what its clients keep: no warning for these. */
export const CHANNEL_DELTA_IGNORED: readonly IgnoredKey[] = [
  tuning("max_messages_per_key", [10, 30], "keeps one message of each conflation key"),
];
