// The effect of Sockudo's keys and variables, one row each.

import { describe, expect, test } from "bun:test";
import { ignoredKeysOf } from "../../../src/config/dialects.ts";
import { OPTIONS } from "../../../src/config/options.ts";
import { nameOf, optionsOf } from "../../../src/config/table.ts";
import { APP, configOf, nested, tomlOf, warningsOf } from "./reading.ts";
import { testRows, type Row } from "./rows.ts";
import type { App } from "../../../src/protocol/app.ts";

const ON = { enabled: true };
const OFF = { enabled: false };
const DRIVER = { prefix: "x:", nodes: [], request_timeout_ms: 5000 };
const PLAIN = { scheme: "", username: "", password: "" };
const SENTINEL = { ...PLAIN, host: "s", port: 5 };
const NODES = [
  { ...PLAIN, scheme: "redis", host: "a", port: 7000 },
  { ...PLAIN, host: "b", port: 6379 },
];
const NATS = [
  { ...PLAIN, scheme: "tls", host: "a", port: 4222 },
  { ...PLAIN, host: "b", port: 5 },
];
const CLUSTER_TLS = { clusterTlsEnabled: true, clusterTlsCaPath: "/a" };
const REDIS_A = {
  isSecure: false,
  host: "a",
  port: 6379,
  sentinels: [],
  masterName: "",
  sentinelPassword: "",
  username: "",
  password: "",
  db: 0,
};

const KEYS: readonly Row[] = [
  ["debug", true, { logLevel: "debug" }],
  ["debug", false, "nothing"],
  ["host", "127.0.0.1", { host: "127.0.0.1" }],
  ["port", 6002, { port: 6002 }],
  ["mode", "production", "nothing"],
  ["server_role", "api", "warns", "default"],
  ["path_prefix", "/realtime", { pathPrefix: "/realtime" }],
  ["path_prefix", "/", "nothing"],
  ["max_connections", 5, { maxConnections: 5 }],
  ["max_connections", 0, "nothing"],
  ["shutdown_grace_period", 3, { shutdownGracePeriodMs: 3000 }],
  ["user_authentication_timeout", 3600, { userAuthenticationTimeoutSeconds: 3600 }],
  ["websocket_max_payload_kb", 32, { websocketMaxPayloadBytes: 32_768 }],
  ["activity_timeout", 60, { activityTimeoutSeconds: 60 }],
  ["health_check_timeout_ms", 100, "warns", 2000],
  ["instance.process_id", "one", "warns", ""],
  ["logging.colors_enabled", false, "warns", true],
  ["logging.include_target", false, "warns", true],

  ["adapter.driver", "redis", { adapterDriver: "redis" }],
  ["adapter.driver", "redis-cluster", "refused"],
  ["adapter.driver", "nats", { adapterDriver: "nats" }],
  ["adapter.driver", "pulsar", "refused"],
  ["adapter.driver", "rabbitmq", "refused"],
  ["adapter.driver", "google-pubsub", "refused"],
  ["adapter.driver", "kafka", "refused"],
  ["adapter.driver", "iggy", "refused"],
  ["adapter.driver", "omq", "refused"],
  ["adapter.driver", "local", "nothing"],
  ["adapter.fallback_to_local", true, "warns", false],
  ["adapter.enable_socket_counting", false, "warns", true],
  ["adapter.aggregate_counts", true, "warns", false],
  ["adapter.fast_presence_transitions", true, "warns", false],
  ["adapter.buffer_multiplier_per_cpu", 8, "warns", 64],
  ["adapter.cluster_health", { ...ON, heartbeat_interval_ms: 10_000 }, "nothing"],
  ["adapter.redis", { redis_pub_options: {}, cluster_mode: false }, "nothing"],
  ["adapter.redis.requests_timeout", 5000, "nothing"],
  ["adapter.redis.redis_sub_options", { url: "redis://a" }, "nothing"],
  ["adapter.redis.redis_pub_options", { url: "redis://a" }, { redisUrl: REDIS_A }],
  ["adapter.redis.prefix", "sockudo_adapter:", { redisPrefix: "sockudo_adapter:" }],
  ["adapter.redis.cluster_mode", true, { redisClusterMode: true }],
  ["adapter.cluster.prefix", "sockudo_adapter:", { clusterPrefix: "sockudo_adapter:" }],
  ["adapter.cluster.nodes", ["redis://a:7000", "b"], { clusterNodes: NODES }],
  ["adapter.cluster.tls", { enabled: true, ca_path: "/a" }, CLUSTER_TLS],
  ...[
    "cluster.request_timeout_ms",
    "cluster.requests_timeout",
    "nats.request_timeout_ms",
    "nats.requests_timeout",
    "nats.connection_timeout_ms",
    "nats.timeout",
    "nats.nodes_number",
    "nats.discovery_max_wait_ms",
    "nats.discovery_idle_wait_ms",
    "nats.presence_sync_chunk_size",
    "nats.subscription_capacity",
    "nats.client_capacity",
    "nats.max_reconnects",
  ].map((key) => [`adapter.${key}`, 7, "nothing"] as const),
  ["adapter.cluster.use_connection_manager", true, "nothing"],
  ["adapter.cluster.use_sharded_pubsub", false, "nothing"],
  ["adapter.nats.no_echo", true, "nothing"],
  ["adapter.nats.servers", ["nats://localhost:4222"], "nothing"],
  ["adapter.nats.servers", ["tls://a", "b:5"], { natsServers: NATS }],
  ["adapter.nats.prefix", "sockudo_adapter:", { natsPrefix: "sockudo_adapter:" }],
  ["adapter.nats.username", "x", { natsUsername: "x" }],
  ["adapter.nats.password", "x", { natsPassword: "x" }],
  ["adapter.nats.token", "x", { natsToken: "x" }],
  ["adapter.omq", DRIVER, "nothing"],
  ["adapter.pulsar", DRIVER, "nothing"],
  ["adapter.rabbitmq", DRIVER, "nothing"],
  ["adapter.google_pubsub", DRIVER, "nothing"],
  ["adapter.kafka", DRIVER, "nothing"],
  ["adapter.iggy", DRIVER, "nothing"],
  ["cluster_health", ON, "nothing"],
  ["nats", DRIVER, "nothing"],

  ["database", {}, "nothing"],
  ["database.redis", { host: "redis", port: 6379, sentinels: [] }, { redisHost: "redis" }],
  ["database.redis.host", "rediss://redis", { redisHost: "rediss://redis" }],
  ["database.redis", { port: 7, db: 1 }, { redisPort: 7, redisDatabase: 1 }],
  ["database.redis", { username: "x", password: "y" }, { redisUsername: "x", redisPassword: "y" }],
  ["database.redis.key_prefix", "sockudo:", "nothing"],
  ["database.redis.sentinels", [{ host: "s", port: 5 }], { redisSentinels: [SENTINEL] }],
  ["database.redis.name", "x", { redisSentinelName: "x" }],
  ["database.redis.sentinel_username", "x", { redisSentinelUsername: "x" }],
  ["database.redis.sentinel_password", "x", { redisSentinelPassword: "x" }],
  ["database.redis.sentinel_tls", { enabled: true }, { sentinelTlsEnabled: true }],
  ["database.redis.master_tls", { client_cert_path: "/c" }, { redisTlsCertPath: "/c" }],
  ["database.redis.master_tls.acceptInvalidCerts", true, { redisTlsAcceptInvalidCerts: true }],
  ["database.redis.cluster", { nodes: [{ host: "b" }] }, { redisClusterNodes: NODES.slice(1) }],
  ["database.redis.cluster_nodes", [{ host: "b" }], { redisClusterNodes: NODES.slice(1) }],
  ["database.redis", { cluster: { nodes: [] }, cluster_nodes: [] }, "nothing"],
  ["database.redis.cluster.username", "x", { redisClusterUsername: "x" }],
  ["database.redis.cluster.password", "x", { redisClusterPassword: "x" }],
  ["database.redis.cluster.useTLS", true, { redisClusterUseTls: true }],
  ["database.mysql", { host: "mysql", password: "x" }, "nothing"],
  ["database.postgres", { host: "postgres" }, "nothing"],
  ["database.dynamodb", { region: "us-east-1" }, "nothing"],
  ["database.surrealdb", { url: "ws://a" }, "nothing"],
  ["database.scylladb", { nodes: [] }, "nothing"],
  ["database_pooling", { enabled: true, min: 2, max: 10 }, "nothing"],

  ["app_manager.driver", "memory", "nothing"],
  ["app_manager.driver", "mysql", "refused"],
  ["app_manager.driver", "dynamodb", "refused"],
  ["app_manager.driver", "pgsql", "refused"],
  ["app_manager.driver", "surrealdb", "refused"],
  ["app_manager.driver", "scylladb", "refused"],
  ["app_manager.array.apps", [], "nothing"],
  ["app_manager.cache", { enabled: true, ttl: 300 }, "nothing"],
  ["app_manager.mysql", {}, "nothing"],
  ["app_manager.postgres", {}, "nothing"],
  ["app_manager.dynamodb", {}, "nothing"],
  ["app_manager.scylladb", {}, "nothing"],

  ["cache.driver", "memory", "nothing"],
  ["cache.driver", "redis", "refused"],
  ["cache.driver", "redis-cluster", "refused"],
  ["cache.driver", "none", "refused"],
  ["cache.redis", { prefix: "x:", cluster_mode: false }, "nothing"],
  ["cache.memory.ttl", 300, { cacheTtlSeconds: 300 }],
  ["cache.memory.cleanup_interval", 5, "warns", 60],
  ["cache.memory.max_capacity", 7, { cacheMaxEntries: 7 }],

  ["queue.driver", "memory", "nothing"],
  ["queue.driver", "redis", "refused"],
  ["queue.driver", "redis-cluster", "refused"],
  ["queue.driver", "nats", "refused"],
  ["queue.driver", "pulsar", "refused"],
  ["queue.driver", "rabbitmq", "refused"],
  ["queue.driver", "google-pubsub", "refused"],
  ["queue.driver", "kafka", "refused"],
  ["queue.driver", "iggy", "refused"],
  ["queue.driver", "sqs", "refused"],
  ["queue.driver", "sns", "refused"],
  ["queue.driver", "none", "refused"],
  ["queue.reliability", { max_attempts: 5 }, "warns", {}],
  ["queue.redis", { concurrency: 5 }, "nothing"],
  ["queue.redis_cluster", { concurrency: 5 }, "nothing"],
  ["queue.sqs", { region: "us-east-1" }, "nothing"],
  ["queue.sns", { region: "us-east-1" }, "nothing"],
  ["queue.nats", {}, "nothing"],
  ["queue.pulsar", {}, "nothing"],
  ["queue.rabbitmq", {}, "nothing"],
  ["queue.google_pubsub", {}, "nothing"],
  ["queue.kafka", {}, "nothing"],
  ["queue.iggy", {}, "nothing"],

  ["rate_limiter.enabled", true, { rateLimiterEnabled: true }],
  ["rate_limiter.driver", "redis", "warns", "memory"],
  ["rate_limiter.api_rate_limit.max_requests", 7, { apiRequestsPerWindow: 7 }],
  ["rate_limiter.api_rate_limit.window_seconds", 7, { apiWindowSeconds: 7 }],
  ["rate_limiter.api_rate_limit.identifier", "api", "nothing"],
  ["rate_limiter.api_rate_limit.trust_hops", 1, "warns", 0],
  ["rate_limiter.websocket_rate_limit.max_requests", 7, { handshakesPerWindow: 7 }],
  ["rate_limiter.websocket_rate_limit.window_seconds", 7, { handshakeWindowSeconds: 7 }],
  ["rate_limiter.websocket_rate_limit.identifier", "websocket_connect", "nothing"],
  ["rate_limiter.websocket_rate_limit.trust_hops", 1, "warns", 0],
  ["rate_limiter.redis", { prefix: "x:" }, "nothing"],

  ["cors.credentials", true, { corsCredentials: true }],
  ["cors.origin", ["https://a.example"], { corsOrigins: ["https://a.example"] }],
  ["cors.methods", ["get"], { corsMethods: ["GET"] }],
  ["cors.allowed_headers", ["X-A"], { corsHeaders: ["X-A"] }],
  ["http_api.request_limit_in_mb", 1, { httpRequestLimitBytes: 1_048_576 }],
  ["http_api.usage_enabled", false, { usageEnabled: false }],
  ["http_api.accept_traffic.memory_threshold", 0.9, { acceptTrafficMemoryThresholdPercent: 90 }],
  ["http_api.accept_traffic.enabled", true, "warns", false],
  ["http_api.accept_traffic.memory_limit_bytes", 1000, "warns", 0],
  ["http_api.accept_traffic.sample_interval_ms", 100, "warns", 500],

  ["metrics.enabled", true, { metricsEnabled: true }],
  ["metrics.driver", "prometheus", "nothing"],
  ["metrics.driver", "statsd", "refused"],
  ["metrics.host", "0.0.0.0", { metricsHost: "0.0.0.0" }],
  ["metrics.port", 9602, { metricsPort: 9602 }],
  ["metrics.prometheus.prefix", "sockudo_", { metricsPrefix: "sockudo_" }],
  ["metrics.prefix", "sockudo_", { metricsPrefix: "sockudo_" }],
  ["metrics.tcp_exporter", ON, "warns", { ...OFF, host: "127.0.0.1" }],
  ["opentelemetry", ON, "warns", OFF],
  ["mcp", ON, "warns", OFF],

  ["ssl.enabled", false, "nothing"],
  ["ssl.cert_path", "", "nothing"],
  ["ssl.key_path", "", "nothing"],
  ["ssl", { enabled: false, cert_path: "/c.pem" }, { sslCertPath: "/c.pem" }],
  [
    "ssl",
    { enabled: true, cert_path: "/c.pem", key_path: "/k.pem" },
    { sslEnabled: true, sslCertPath: "/c.pem", sslKeyPath: "/k.pem" },
  ],
  ["ssl.passphrase", "x", { sslPassphrase: "x" }],
  ["ssl.ca_path", "/a.pem", { sslCaPath: "/a.pem" }],
  ["ssl.redirect_http", true, "warns", false],
  ["ssl.http_port", 80, "nothing"],
  ["unix_socket.enabled", true, { unixSocketEnabled: true }],
  ["unix_socket.path", "/tmp/sockudo.sock", { unixSocketPath: "/tmp/sockudo.sock" }],
  ["unix_socket.permission_mode", "755", { unixSocketMode: 0o755 }],

  ["websocket.max_messages", 500, "warns", 1000],
  ["websocket.max_bytes", 1_048_576, "warns", 0],
  ["websocket.disconnect_on_buffer_full", false, "warns", true],
  ["websocket.max_message_size", 1000, "warns", 67_108_864],
  ["websocket.max_frame_size", 1000, "warns", 16_777_216],
  ["websocket.write_buffer_size", 1000, "warns", 16_384],
  ["websocket.max_backpressure", 4096, { websocketMaxBackpressureBytes: 4096 }],
  ["websocket.auto_ping", false, "warns", true],
  ["websocket.ping_interval", 5, "warns", 30],
  ["websocket.idle_timeout", 5, "warns", 120],
  ["websocket.compression", "shared", "warns", "disabled"],

  ["webhooks.batching.enabled", false, { webhookBatchingEnabled: false }],
  ["webhooks.batching.duration", 70, { webhookBatchMs: 70 }],
  ["webhooks.batching.size", 7, { webhookBatchEvents: 7 }],
  ["webhooks.retry.enabled", false, { webhookRetryEnabled: false }],
  ["webhooks.retry.max_attempts", 7, { webhookRetryMaxAttempts: 7 }],
  ["webhooks.retry.max_elapsed_time_ms", 7, { webhookRetryMaxElapsedMs: 7 }],
  ["webhooks.retry.initial_backoff_ms", 7, { webhookRetryInitialMs: 7 }],
  ["webhooks.retry.max_backoff_ms", 7000, { webhookRetryMaxMs: 7000 }],
  ["webhooks.request_timeout_ms", 700, { webhookRequestTimeoutMs: 700 }],

  ["channel_limits.max_name_length", 200, { defaultMaxChannelNameLength: 200 }],
  ["channel_limits.cache_ttl", 60, { cacheTtlSeconds: 60 }],
  ["event_limits.max_channels_at_once", 7, { defaultMaxEventChannels: 7 }],
  ["event_limits.max_name_length", 7, { defaultMaxEventNameLength: 7 }],
  ["event_limits.max_payload_in_kb", 7, { defaultMaxEventDataBytes: 7168 }],
  ["event_limits.max_batch_size", 7, { defaultMaxBatchEvents: 7 }],
  ["presence.max_members_per_channel", 7, { defaultMaxPresenceMembers: 7 }],
  ["presence.max_member_size_in_kb", 2, { defaultMaxPresenceMemberBytes: 2048 }],
  ["presence.update_rate_limit_per_member_per_second", 5, "warns", 10],
  ["presence.ungraceful_timeout_seconds", 5, "warns", 0],
  ["presence.v2_ungraceful_timeout_seconds", 5, "warns", 15],
  ["cleanup", { batch_size: 25, async_enabled: true }, "warns", {}],

  ["idempotency", { ...ON, ttl_seconds: 120 }, "nothing"],
  ["idempotency.enabled", false, { defaultIdempotency: false }],
  ["idempotency.ttl_seconds", 300, { defaultIdempotencyTtlMs: 300_000 }],
  ["idempotency.max_key_length", 64, { idempotencyMaxKeyLength: 64 }],
  ["delta_compression", { ...ON, algorithm: "Fossil", min_message_size: 100 }, "nothing"],
  ["delta_compression.enabled", false, { deltaEnabled: false }],
  ["delta_compression.algorithm", "Xdelta3", { deltaAlgorithm: "xdelta3" }],
  ["delta_compression.algorithm", "vcdiff", { deltaAlgorithm: "xdelta3" }],
  ["delta_compression.algorithm", "bsdiff", "refused"],
  ["delta_compression.full_message_interval", 10, { deltaFullMessageInterval: 10 }],
  ["delta_compression.full_message_interval", 0, "refused"],
  ["delta_compression.min_message_size", 0, { deltaMinMessageBytes: 0 }],
  ["delta_compression.max_state_age_secs", 60, { deltaMaxStateAgeSeconds: 60 }],
  ["delta_compression.max_channel_states_per_socket", 7, { deltaMaxChannelsPerConnection: 7 }],
  ["delta_compression.max_conflation_states_per_channel", 7, { deltaMaxKeysPerChannel: 7 }],
  ["delta_compression.conflation_key_path", "a.b", { deltaConflationKeyPath: "a.b" }],
  ["delta_compression.conflation_key_path", "", "nothing"],
  ["delta_compression.omit_delta_algorithm", true, { deltaOmitAlgorithm: true }],
  ["delta_compression.cluster_coordination", true, "warns", false],
  ["delta_compression.coordination_backend", "redis", "warns", "auto"],
  ["tag_filtering.enabled", true, "nothing"],
  ["tag_filtering.enabled", false, { tagFilteringEnabled: false }],
  ["tag_filtering.enable_tags", false, "nothing"],
  ["tag_filtering.enable_tags", true, { tagsDelivered: true }],
  ["connection_recovery", ON, "warns", OFF],
  ["ephemeral", ON, "warns", OFF],
  ["echo_control", { ...ON, default_echo_messages: true }, "nothing"],
  ["echo_control.enabled", false, "warns", true],
  ["echo_control.default_echo_messages", false, "warns", true],
  ["event_name_filtering.enabled", false, "warns", true],
  ["event_name_filtering.max_events_per_filter", 10, "warns", 50],
  ["event_name_filtering.max_event_name_length", 64, "warns", 200],
  ["history", { ...ON, postgres: { table_prefix: "x" } }, "warns", OFF],
  ["presence_history", ON, "warns", OFF],
  ["versioned_messages", ON, "warns", OFF],
  ["annotations", ON, "warns", OFF],
  ["ai_transport", ON, "warns", OFF],
  ["ably_compat", ON, "warns", OFF],
  ["push", { fcm_enabled: true }, "warns", { fcm_enabled: false, queue_driver: "memory" }],
  ["push_rules", [{ name: "x" }], "warns", []],
];

const VARIABLES: readonly Row[] = [
  ["DEBUG_MODE", "true", { logLevel: "debug" }],
  ["DEBUG", "1", { logLevel: "debug" }],
  ["HOST", "127.0.0.1", { host: "127.0.0.1" }],
  ["PORT", "6002", { port: 6002 }],
  ["ENVIRONMENT", "production", "nothing"],
  ["SOCKUDO_SERVER_ROLE", "api", "warns", "default"],
  ["SOCKUDO_MAX_CONNECTIONS", "5", { maxConnections: 5 }],
  ["SHUTDOWN_GRACE_PERIOD", "3", { shutdownGracePeriodMs: 3000 }],
  ["USER_AUTHENTICATION_TIMEOUT", "3600", { userAuthenticationTimeoutSeconds: 3600 }],
  ["WEBSOCKET_MAX_PAYLOAD_KB", "32", { websocketMaxPayloadBytes: 32_768 }],
  ["ACTIVITY_TIMEOUT", "60", { activityTimeoutSeconds: 60 }],
  ["HEALTH_CHECK_TIMEOUT_MS", "100", "warns", "2000"],
  ["INSTANCE_PROCESS_ID", "one", "warns", ""],
  ["LOG_COLORS_ENABLED", "false", "warns", "true"],
  ["LOG_INCLUDE_TARGET", "false", "warns", "true"],
  ["LOG_LEVEL", "warn", { logLevel: "warn" }],
  ["LOG_OUTPUT_FORMAT", "json", { logFormat: "json" }],
  ["LOG_OUTPUT_FORMAT", "human", "nothing"],
  ["SOCKUDO_LOG_DEBUG", "trace", "warns", ""],
  ["SOCKUDO_LOG_PROD", "warn", "warns", ""],
  ["CONFIG_FILE", "/app/config.toml", "nothing"],

  ["ADAPTER_DRIVER", "redis", { adapterDriver: "redis" }],
  ["ADAPTER_FALLBACK_TO_LOCAL", "true", "warns", "false"],
  ["ADAPTER_ENABLE_SOCKET_COUNTING", "false", "warns", "true"],
  ["ADAPTER_AGGREGATE_COUNTS", "true", "warns", "false"],
  ["ADAPTER_FAST_PRESENCE_TRANSITIONS", "true", "warns", "false"],
  ["ADAPTER_BUFFER_MULTIPLIER_PER_CPU", "8", "warns", "64"],
  ["REDIS_URL", "redis://a", { redisUrl: REDIS_A }],
  ["REDIS_CLUSTER_NODES", "redis://a:7000,b", { clusterNodes: NODES }],
  ["DATABASE_REDIS_CLUSTER_NODES", "redis://a:7000,b", { clusterNodes: NODES }],
  ["DATABASE_REDIS_CLUSTER_USERNAME", "x", { redisClusterUsername: "x" }],
  ["DATABASE_REDIS_CLUSTER_PASSWORD", "x", { redisClusterPassword: "x" }],
  ["DATABASE_REDIS_CLUSTER_USE_TLS", "1", { redisClusterUseTls: true }],
  ["NATS_SERVERS", "tls://a,b:5", { natsServers: NATS }],
  ["NATS_PREFIX", "x", { natsPrefix: "x" }],
  ["NATS_USERNAME", "x", { natsUsername: "x" }],
  ["NATS_PASSWORD", "x", { natsPassword: "x" }],
  ["NATS_TOKEN", "x", { natsToken: "x" }],
  ["CLUSTER_HEALTH_ENABLED", "true", "nothing"],
  ["DATABASE_REDIS_HOST", "redis", { redisHost: "redis" }],
  ["DATABASE_REDIS_PORT", "7", { redisPort: 7 }],
  ["DATABASE_REDIS_DB", "7", { redisDatabase: 7 }],
  ["DATABASE_REDIS_USERNAME", "x", { redisUsername: "x" }],
  ["DATABASE_REDIS_PASSWORD", "x", { redisPassword: "x" }],
  ["DATABASE_REDIS_KEY_PREFIX", "x", "nothing"],
  ["DATABASE_REDIS_MASTER_TLS_ENABLED", "1", { redisTlsEnabled: true }],
  ["DATABASE_REDIS_MASTER_TLS_ACCEPT_INVALID_CERTS", "1", { redisTlsAcceptInvalidCerts: true }],
  ["DATABASE_REDIS_MASTER_TLS_CA_PATH", "/a", { redisTlsCaPath: "/a" }],
  ["DATABASE_REDIS_MASTER_TLS_CLIENT_CERT_PATH", "/a", { redisTlsCertPath: "/a" }],
  ["DATABASE_REDIS_MASTER_TLS_CLIENT_KEY_PATH", "/a", { redisTlsKeyPath: "/a" }],
  ["DATABASE_REDIS_SENTINEL_USERNAME", "x", { redisSentinelUsername: "x" }],
  ["DATABASE_REDIS_SENTINEL_PASSWORD", "x", { redisSentinelPassword: "x" }],
  ["DATABASE_REDIS_SENTINEL_TLS_ENABLED", "1", { sentinelTlsEnabled: true }],
  [
    "DATABASE_REDIS_SENTINEL_TLS_ACCEPT_INVALID_CERTS",
    "1",
    { sentinelTlsAcceptInvalidCerts: true },
  ],
  ["DATABASE_REDIS_SENTINEL_TLS_CA_PATH", "/a", { sentinelTlsCaPath: "/a" }],
  ["DATABASE_REDIS_SENTINEL_TLS_CLIENT_CERT_PATH", "/a", { sentinelTlsCertPath: "/a" }],
  ["DATABASE_REDIS_SENTINEL_TLS_CLIENT_KEY_PATH", "/a", { sentinelTlsKeyPath: "/a" }],
  ["DATABASE_MYSQL_HOST", "mysql", "nothing"],
  ["DATABASE_POSTGRES_HOST", "postgres", "nothing"],
  ["DATABASE_POOLING_ENABLED", "true", "nothing"],
  ["AWS_ACCESS_KEY_ID", "x", "nothing"],

  ["APP_MANAGER_DRIVER", "postgresql", "refused"],
  ["APP_MANAGER_REGISTER_INLINE_APPS", "false", "warns", "true"],
  ["SOCKUDO_SKIP_INLINE_APPS", "true", "warns", "false"],
  ["CACHE_DRIVER", "redis", "refused"],
  ["CACHE_TTL_SECONDS", "300", { cacheTtlSeconds: 300 }],
  ["CACHE_CLEANUP_INTERVAL", "5", "warns", "60"],
  ["CACHE_MAX_CAPACITY", "7", { cacheMaxEntries: 7 }],
  ["QUEUE_DRIVER", "redis", "refused"],
  ["QUEUE_REDIS_CONCURRENCY", "5", "nothing"],
  ["QUEUE_SQS_REGION", "us-east-1", "nothing"],
  ["RATE_LIMITER_ENABLED", "true", { rateLimiterEnabled: true }],
  ["RATE_LIMITER_DRIVER", "redis", "warns", "memory"],
  ["RATE_LIMITER_API_MAX_REQUESTS", "7", { apiRequestsPerWindow: 7 }],
  ["RATE_LIMITER_API_WINDOW_SECONDS", "7", { apiWindowSeconds: 7 }],
  ["RATE_LIMITER_API_TRUST_HOPS", "1", "warns", "0"],
  ["RATE_LIMITER_WS_MAX_REQUESTS", "7", { handshakesPerWindow: 7 }],
  ["RATE_LIMITER_WS_WINDOW_SECONDS", "7", { handshakeWindowSeconds: 7 }],
  ["RATE_LIMITER_WS_TRUST_HOPS", "1", "warns", "0"],
  ["RATE_LIMITER_REDIS_PREFIX", "x:", "nothing"],
  ["CORS_CREDENTIALS", "true", { corsCredentials: true }],
  [
    "CORS_ORIGINS",
    "https://a.example, http://b.example:81",
    { corsOrigins: ["https://a.example", "http://b.example:81"] },
  ],
  ["CORS_METHODS", "GET,POST", { corsMethods: ["GET", "POST"] }],
  ["CORS_HEADERS", "X-A,X-B", { corsHeaders: ["X-A", "X-B"] }],
  ["HTTP_API_USAGE_ENABLED", "off", { usageEnabled: false }],
  ["HTTP_API_ACCEPT_TRAFFIC_MEMORY_THRESHOLD", "0.5", { acceptTrafficMemoryThresholdPercent: 50 }],
  ["HTTP_API_ACCEPT_TRAFFIC_ENABLED", "true", "warns", "false"],
  ["HTTP_API_ACCEPT_TRAFFIC_MEMORY_LIMIT_BYTES", "1000", "warns", "0"],
  ["HTTP_API_ACCEPT_TRAFFIC_SAMPLE_INTERVAL_MS", "100", "warns", "500"],
  ["METRICS_ENABLED", "yes", { metricsEnabled: true }],
  ["METRICS_DRIVER", "statsd", "refused"],
  ["METRICS_HOST", "0.0.0.0", { metricsHost: "0.0.0.0" }],
  ["METRICS_PORT", "9602", { metricsPort: 9602 }],
  ["METRICS_PROMETHEUS_PREFIX", "sockudo_", { metricsPrefix: "sockudo_" }],
  ["METRICS_TCP_EXPORTER_ENABLED", "true", "warns", "false"],
  ["SOCKUDO_OTEL_ENABLED", "true", "warns", "false"],
  ["MCP_ENABLED", "true", "warns", "false"],
  ["SSL_ENABLED", "true", "refused"],
  ["SSL_CERT_PATH", "/c.pem", "refused"],
  ["SSL_KEY_PATH", "/k.pem", "refused"],
  ["SSL_REDIRECT_HTTP", "true", "warns", "false"],
  ["SSL_HTTP_PORT", "80", "nothing"],
  ["UNIX_SOCKET_ENABLED", "true", { unixSocketEnabled: true }],
  ["UNIX_SOCKET_PATH", "/tmp/a.sock", { unixSocketPath: "/tmp/a.sock" }],
  ["UNIX_SOCKET_PERMISSION_MODE", "600", { unixSocketMode: 0o600 }],
  ["WEBSOCKET_MAX_MESSAGES", "500", "warns", "none"],
  ["WEBSOCKET_MAX_BYTES", "500", "warns", "none"],
  ["WEBSOCKET_DISCONNECT_ON_BUFFER_FULL", "false", "warns", "yes"],
  ["WEBSOCKET_MAX_MESSAGE_SIZE", "1000", "warns", "67108864"],
  ["WEBSOCKET_MAX_FRAME_SIZE", "1000", "warns", "16777216"],
  ["WEBSOCKET_WRITE_BUFFER_SIZE", "1000", "warns", "16384"],
  ["WEBSOCKET_MAX_BACKPRESSURE", "4096", { websocketMaxBackpressureBytes: 4096 }],
  ["WEBSOCKET_AUTO_PING", "false", "warns", "1"],
  ["WEBSOCKET_PING_INTERVAL", "5", "warns", "30"],
  ["WEBSOCKET_IDLE_TIMEOUT", "5", "warns", "120"],
  ["WEBSOCKET_COMPRESSION", "shared", "warns", "disabled"],
  ["WEBHOOK_BATCHING_ENABLED", "false", { webhookBatchingEnabled: false }],
  ["WEBHOOK_BATCHING_DURATION", "70", { webhookBatchMs: 70 }],
  ["WEBHOOK_BATCHING_SIZE", "7", { webhookBatchEvents: 7 }],
  ["PRESENCE_UPDATE_RATE_LIMIT_PER_MEMBER_PER_SECOND", "5", "warns", "10"],
  ["PRESENCE_UNGRACEFUL_TIMEOUT_SECONDS", "5", "warns", "0"],
  ["PRESENCE_V2_UNGRACEFUL_TIMEOUT_SECONDS", "5", "warns", "15"],
  ["CLEANUP_QUEUE_BUFFER_SIZE", "5", "warns", ""],
  ["CLEANUP_BATCH_SIZE", "5", "warns", ""],
  ["CLEANUP_BATCH_TIMEOUT_MS", "5", "warns", ""],
  ["CLEANUP_WORKER_THREADS", "5", "warns", ""],
  ["CLEANUP_MAX_RETRY_ATTEMPTS", "5", "warns", ""],
  ["CLEANUP_ASYNC_ENABLED", "true", "warns", ""],
  ["CLEANUP_FALLBACK_TO_SYNC", "true", "warns", ""],
  ["IDEMPOTENCY_ENABLED", "false", { defaultIdempotency: false }],
  ["IDEMPOTENCY_TTL_SECONDS", "300", { defaultIdempotencyTtlMs: 300_000 }],
  ["IDEMPOTENCY_MAX_KEY_LENGTH", "64", { idempotencyMaxKeyLength: 64 }],
  ["TAG_FILTERING_ENABLED", "true", "nothing"],
  ["TAG_FILTERING_ENABLED", "off", { tagFilteringEnabled: false }],
  ["CONNECTION_RECOVERY_ENABLED", "true", "warns", "false"],
  ["EPHEMERAL_ENABLED", "true", "warns", "false"],
  ["ECHO_CONTROL_ENABLED", "false", "warns", "true"],
  ["ECHO_CONTROL_DEFAULT_ECHO_MESSAGES", "false", "warns", "true"],
  ["EVENT_NAME_FILTERING_ENABLED", "false", "warns", "yes"],
  ["EVENT_NAME_FILTERING_MAX_EVENTS_PER_FILTER", "10", "warns", "50"],
  ["EVENT_NAME_FILTERING_MAX_EVENT_NAME_LENGTH", "64", "warns", "200"],
  ["HISTORY_ENABLED", "true", "warns", "false"],
  ["PRESENCE_HISTORY_ENABLED", "true", "warns", "false"],
  ["VERSIONED_MESSAGES_ENABLED", "true", "warns", "false"],
  ["ANNOTATIONS_ENABLED", "true", "warns", "false"],
  ["AI_TRANSPORT_ENABLED", "true", "warns", "false"],
  ["SOCKUDO_ABLY_COMPAT_ENABLED", "true", "warns", "false"],
  ["PUSH_FCM_ENABLED", "true", "warns", "false"],
  ["PUSH_APNS_ENABLED", "true", "warns", "false"],
  ["PUSH_WEBPUSH_ENABLED", "true", "warns", "false"],
  ["PUSH_HMS_ENABLED", "true", "warns", "false"],
  ["PUSH_WNS_ENABLED", "true", "warns", "false"],
];

const UNLIMITED = { max_connections: 0, max_client_events_per_second: 0 };

/** Group of `policy`, key, value, and the app's resulting settings. */
const APP_KEYS: readonly (readonly [group: string, key: string, value: unknown, app: object])[] = [
  ["limits", "max_connections", 7, { limits: { maxConnections: 7 } }],
  ["limits", "max_backend_events_per_second", 7, { limits: { maxApiEventsPerSecond: 7 } }],
  ["limits", "max_read_requests_per_second", "7", { limits: { maxApiReadsPerSecond: 7 } }],
  ["limits", "max_client_events_per_second", 7, { limits: { maxClientEventsPerSecond: 7 } }],
  ["limits", "max_presence_members_per_channel", 7, { limits: { maxPresenceMembers: 7 } }],
  ["limits", "max_presence_member_size_in_kb", 7, { limits: { maxPresenceMemberBytes: 7168 } }],
  ["limits", "max_channel_name_length", 7, { limits: { maxChannelNameLength: 7 } }],
  ["limits", "max_event_channels_at_once", 7, { limits: { maxEventChannels: 7 } }],
  ["limits", "max_event_name_length", 7, { limits: { maxEventNameLength: 7 } }],
  ["limits", "max_event_payload_in_kb", 7, { limits: { maxEventDataBytes: 7168 } }],
  ["limits", "max_event_batch_size", 7, { limits: { maxBatchEvents: 7 } }],
  ["features", "enable_client_messages", true, { clientEvents: true }],
  ["features", "enable_user_authentication", true, { authorisedConnections: true }],
  ["features", "enable_watchlist_events", true, { watchlist: true }],
  ["channels", "allowed_origins", ["a.example"], { allowedOrigins: ["a.example"] }],
  [
    "channels",
    "channel_delta_compression",
    { "ticker:*": "xdelta3" },
    { channelDelta: [{ pattern: "ticker:*", enabled: true, algorithm: "xdelta3" }] },
  ],
];

const IGNORED_APP_KEYS: readonly (readonly [group: string, key: string, value: unknown])[] = [
  ["limits", "decay_seconds", 5],
  ["limits", "terminate_on_limit", true],
  ["limits", "message_rate_limit", ON],
  ["channels", "channel_namespaces", [{ name: "x" }]],
  ["channels", "annotations_enabled", true],
  ["", "connection_recovery", ON],
  ["", "history", ON],
  ["", "presence_history", ON],
];

const APP_VARIABLES: readonly (readonly [name: string, value: string, app: object])[] = [
  ["ENABLED", "false", { enabled: false }],
  ["MAX_CONNECTIONS", "7", { limits: { maxConnections: 7 } }],
  ["MAX_BACKEND_EVENTS_PER_SECOND", "7", { limits: { maxApiEventsPerSecond: 7 } }],
  ["MAX_CLIENT_EVENTS_PER_SECOND", "7", { limits: { maxClientEventsPerSecond: 7 } }],
  ["MAX_READ_REQUESTS_PER_SECOND", "7", { limits: { maxApiReadsPerSecond: 7 } }],
  ["MAX_PRESENCE_MEMBERS_PER_CHANNEL", "7", { limits: { maxPresenceMembers: 7 } }],
  ["MAX_PRESENCE_MEMBER_SIZE_IN_KB", "7", { limits: { maxPresenceMemberBytes: 7168 } }],
  ["MAX_CHANNEL_NAME_LENGTH", "7", { limits: { maxChannelNameLength: 7 } }],
  ["MAX_EVENT_CHANNELS_AT_ONCE", "7", { limits: { maxEventChannels: 7 } }],
  ["MAX_EVENT_NAME_LENGTH", "7", { limits: { maxEventNameLength: 7 } }],
  ["MAX_EVENT_PAYLOAD_IN_KB", "7", { limits: { maxEventDataBytes: 7168 } }],
  ["MAX_EVENT_BATCH_SIZE", "7", { limits: { maxBatchEvents: 7 } }],
  ["ENABLE_CLIENT_MESSAGES", "true", { clientEvents: true }],
  ["ENABLE_USER_AUTHENTICATION", "true", { authorisedConnections: true }],
  ["ENABLE_WATCHLIST_EVENTS", "true", { watchlist: true }],
  ["ALLOWED_ORIGINS", "a.example,b.example", { allowedOrigins: ["a.example", "b.example"] }],
];

describe("a key of Sockudo in JSON", () => {
  testRows(KEYS, (name, value) => [nested(name, value), { path: "config.json" }]);
});

describe("a key of Sockudo in TOML", () => {
  testRows(KEYS, (name, value) => [`${name} = ${tomlOf(value)}`, { path: "config.toml" }]);
});

describe("a variable of Sockudo", () => {
  testRows(VARIABLES, (name, value) => [undefined, { env: { [name]: String(value) } }]);

  test("has a row here if it is in a table", () => {
    const here = new Set(VARIABLES.map(([name]) => name));
    const options = optionsOf(OPTIONS).flatMap(({ env }) => env.map(nameOf));
    const ignored = ignoredKeysOf("server").flatMap(({ env = [] }) => env);
    const others = [...options, ...ignored].filter((name) => !/^(FANWIRE|SOKETI)_/.test(name));
    expect(others.filter((name) => !here.has(name))).toEqual([]);
  });
});

describe("a key without effect", () => {
  test("has a row here if it is in the table", () => {
    const here = new Set(KEYS.map(([name]) => name));
    const soketis = ["", "mode", "instance.node_id", "instance.pod_id", "cluster"];
    expect(
      ignoredKeysOf("server")
        .map(({ path }) => path)
        .filter((path) => !here.has(path) && !soketis.includes(path)),
    ).toEqual([]);
  });
});

describe("an app of Sockudo", () => {
  for (const [group, key, value, expected] of APP_KEYS) {
    test(`has ${key} beside id and in policy.${group}`, () => {
      expect(appOf({ [key]: value })).toMatchObject(expected);
      expect(appOf({ policy: { [group]: { [key]: value } } })).toMatchObject(expected);
    });
  }

  test("may have idempotency beside id and in policy", () => {
    const idempotency = { enabled: false, ttl_seconds: 7 };
    for (const app of [{ idempotency }, { policy: { idempotency } }])
      expect(appOf(app).limits).toMatchObject({ idempotency: false, idempotencyTtlMs: 7000 });
  });

  for (const [group, key, value] of IGNORED_APP_KEYS)
    test(`may have ${key}, with a warning`, () => {
      const policy = group === "" ? { [key]: value } : { [group]: { [key]: value } };
      const path = group === "" ? `policy.${key}` : `policy.${group}.${key}`;
      const names = [{ [key]: value }, { policy }].flatMap((keys) =>
        warningsOf({ apps: [{ ...APP, ...keys }] }).map(
          (line) => line.split(" has no effect: ")[0],
        ),
      );
      expect(names).toEqual([`fanwire.json: apps[0].${key}`, `fanwire.json: apps[0].${path}`]);
    });

  test("has no limit where it is 0", () => {
    expect(appOf({ policy: { limits: UNLIMITED } }).limits).toMatchObject({
      maxConnections: Infinity,
      maxClientEventsPerSecond: Infinity,
    });
  });

  test("keeps the keys beside policy", () => {
    const webhooks = [{ url: "https://a.example", event_types: ["client_event"] }];
    const app = appOf({ policy: { features: { enable_client_messages: true } }, webhooks });
    expect([app.clientEvents, app.webhooks.length]).toEqual([true, 1]);
    expect(appOf({ policy: { webhooks } }).webhooks).toEqual(app.webhooks);
  });

  for (const [name, value, expected] of APP_VARIABLES)
    test(`has the variable ${name}`, () => {
      const env = {
        SOCKUDO_DEFAULT_APP_ID: "1",
        SOCKUDO_DEFAULT_APP_KEY: "key-1",
        SOCKUDO_DEFAULT_APP_SECRET: "secret-1",
        [`SOCKUDO_DEFAULT_APP_${name}`]: value,
      };
      expect(configOf({}, { env }).apps).toMatchObject([expected]);
    });
});

function appOf(keys: object): App {
  const [app] = configOf({ app_manager: { array: { apps: [{ ...APP, ...keys }] } } }).apps;
  if (app === undefined) throw new Error("Cannot find the app: the configuration has none");
  return app;
}
