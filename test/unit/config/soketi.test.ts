// The effect of soketi's keys and variables, one row each.

import { describe, expect, test } from "bun:test";
import { APP_OPTIONS } from "../../../src/config/app-options.ts";
import { ignoredKeysOf } from "../../../src/config/dialects.ts";
import { OPTIONS } from "../../../src/config/options.ts";
import { nameOf, optionsOf } from "../../../src/config/table.ts";
import { configOf, nested } from "./reading.ts";
import { testRows, type Row } from "./rows.ts";

const REDIS = { requestsTimeout: 5000, clusterMode: false, redisPubOptions: {} };

const PLAIN = { scheme: "", username: "", password: "" };
const NATS = { ...PLAIN, host: "127.0.0.1", port: 4222 };
const SENTINEL = { ...PLAIN, host: "s", port: 26_379 };
const NODE = { ...PLAIN, host: "c", port: 7000 };

const KEYS: readonly Row[] = [
  ["adapter.driver", "cluster", "refused"],
  ["adapter.driver", "redis", { adapterDriver: "redis" }],
  ["adapter.driver", "nats", { adapterDriver: "nats" }],
  ["adapter.driver", "local", "nothing"],
  ["adapter.redis", REDIS, "nothing"],
  ["adapter.cluster", { requestsTimeout: 5000 }, "nothing"],
  ["adapter.redis.prefix", "", { redisPrefix: "" }],
  ["adapter.redis.clusterMode", true, { redisClusterMode: true }],
  ["adapter.redis.redisPubOptions.host", "redis", { redisHost: "redis" }],
  ["adapter.redis.redisPubOptions", { port: 7, db: 2 }, { redisPort: 7, redisDatabase: 2 }],
  ["adapter.redis.redisPubOptions.username", "x", { redisUsername: "x" }],
  ["adapter.redis.redisPubOptions.password", "x", { redisPassword: "x" }],
  ["adapter.redis.redisSubOptions", { host: "redis" }, "nothing"],
  ["adapter.nats", { requestsTimeout: 5000, timeout: 10_000, user: null }, "nothing"],
  ["adapter.nats.servers", ["127.0.0.1:4222"], { natsServers: [NATS] }],
  ["adapter.nats.user", "x", { natsUsername: "x" }],
  ["adapter.nats.pass", "x", { natsPassword: "x" }],
  ["adapter.nats.nodesNumber", 3, "nothing"],
  ["appManager.driver", "array", "nothing"],
  ["appManager.driver", "mysql", "refused"],
  ["appManager.driver", "postgres", "refused"],
  ["appManager.driver", "dynamodb", "refused"],
  ["appManager.array.apps", [], "nothing"],
  ["appManager.cache", { enabled: false, ttl: -1 }, "nothing"],
  ["appManager.dynamodb", { table: "apps", region: "us-east-1", endpoint: "" }, "nothing"],
  ["appManager.mysql", { table: "apps", version: "8.0", useMysql2: true }, "nothing"],
  ["appManager.postgres", { table: "apps", version: "13.3" }, "nothing"],
  ["cache.driver", "memory", "nothing"],
  ["cache.driver", "redis", "refused"],
  ["cache.redis", { clusterMode: false, redisOptions: {} }, "nothing"],
  ["channelLimits.maxNameLength", 200, { defaultMaxChannelNameLength: 200 }],
  ["channelLimits.cacheTtl", 600, { cacheTtlSeconds: 600 }],
  ["cluster", { hostname: "0.0.0.0", helloInterval: 500, port: 11_002 }, "nothing"],
  ["cors.credentials", true, { corsCredentials: true }],
  ["cors.origin", ["https://a.example"], { corsOrigins: ["https://a.example"] }],
  ["cors.methods", ["GET", "PUT"], { corsMethods: ["GET", "PUT"] }],
  ["cors.allowedHeaders", ["X-Socket-Id"], { corsHeaders: ["X-Socket-Id"] }],
  ["database.mysql", { host: "127.0.0.1", user: "root" }, "nothing"],
  ["database.postgres", { host: "127.0.0.1", user: "postgres" }, "nothing"],
  ["database.redis", { host: "127.0.0.1", keyPrefix: "", sentinels: null }, "nothing"],
  ["database.redis.sentinels", [{ host: "s", port: 26_379 }], { redisSentinels: [SENTINEL] }],
  ["database.redis.sentinelPassword", "x", { redisSentinelPassword: "x" }],
  ["database.redis.clusterNodes", [{ host: "c", port: 7000 }], { redisClusterNodes: [NODE] }],
  ["databasePooling", { enabled: false, min: 0, max: 7 }, "nothing"],
  ["debug", true, { logLevel: "debug" }],
  ["eventLimits.maxChannelsAtOnce", 7, { defaultMaxEventChannels: 7 }],
  ["eventLimits.maxNameLength", 7, { defaultMaxEventNameLength: 7 }],
  ["eventLimits.maxPayloadInKb", "7", { defaultMaxEventDataBytes: 7168 }],
  ["eventLimits.maxBatchSize", 7, { defaultMaxBatchEvents: 7 }],
  ["host", "127.0.0.1", { host: "127.0.0.1" }],
  ["httpApi.requestLimitInMb", 100, { httpRequestLimitBytes: 104_857_600 }],
  ["httpApi.acceptTraffic.memoryThreshold", 90, { acceptTrafficMemoryThresholdPercent: 90 }],
  ["instance.process_id", 4711, "warns", null],
  ["instance.node_id", null, "nothing"],
  ["instance.pod_id", null, "nothing"],
  ["metrics.enabled", true, { metricsEnabled: true }],
  ["metrics.driver", "prometheus", "nothing"],
  ["metrics.host", "0.0.0.0", { metricsHost: "0.0.0.0" }],
  ["metrics.prometheus.prefix", "soketi_", { metricsPrefix: "soketi_" }],
  ["metrics.port", 9602, { metricsPort: 9602 }],
  ["mode", "worker", "warns", "full"],
  ["mode", "server", "warns", "full"],
  ["port", 6002, { port: 6002 }],
  ["pathPrefix", "/realtime", { pathPrefix: "/realtime" }],
  ["presence.maxMembersPerChannel", 7, { defaultMaxPresenceMembers: 7 }],
  ["presence.maxMemberSizeInKb", 2, { defaultMaxPresenceMemberBytes: 2048 }],
  ["queue.driver", "sync", "nothing"],
  ["queue.driver", "redis", "refused"],
  ["queue.driver", "sqs", "refused"],
  ["queue.redis", { concurrency: 1, redisOptions: {}, clusterMode: false }, "nothing"],
  ["queue.sqs", { region: "us-east-1", queueUrl: "", processBatch: false }, "nothing"],
  ["rateLimiter.driver", "redis", "warns", "local"],
  ["rateLimiter.driver", "cluster", "warns", "local"],
  ["rateLimiter.redis", { redisOptions: {}, clusterMode: false }, "nothing"],
  ["shutdownGracePeriod", 3000, { shutdownGracePeriodMs: 3000 }],
  [
    "ssl",
    { certPath: "/c.pem", keyPath: "/k.pem", passphrase: "x", caPath: "/a.pem" },
    {
      sslEnabled: true,
      sslCertPath: "/c.pem",
      sslKeyPath: "/k.pem",
      sslPassphrase: "x",
      sslCaPath: "/a.pem",
    },
  ],
  ["ssl", { certPath: "", keyPath: "", passphrase: "", caPath: "" }, "nothing"],
  ["userAuthenticationTimeout", 60_000, { userAuthenticationTimeoutSeconds: 60 }],
  ["webhooks.batching.enabled", false, { webhookBatchingEnabled: false }],
  ["webhooks.batching.duration", 70, { webhookBatchMs: 70 }],
];

const VARIABLES: readonly Row[] = [
  ["ADAPTER_DRIVER", "redis", { adapterDriver: "redis" }],
  ["ADAPTER_DRIVER", "cluster", "refused"],
  ["ADAPTER_REDIS_PREFIX", "x", { redisPrefix: "x" }],
  ["ADAPTER_REDIS_CLUSTER_MODE", "true", { redisClusterMode: true }],
  ["ADAPTER_REDIS_PUB_OPTIONS", '{"host":"redis"}', "warns", "{}"],
  ["ADAPTER_REDIS_SUB_OPTIONS", '{"host":"redis"}', "warns", "{}"],
  ["ADAPTER_CLUSTER_REQUESTS_TIMEOUT", "5000", "nothing"],
  ["ADAPTER_NATS_SERVERS", '["127.0.0.1:4222"]', { natsServers: [NATS] }],
  ["ADAPTER_NATS_PREFIX", "x", { natsPrefix: "x" }],
  ["ADAPTER_NATS_USER", "x", { natsUsername: "x" }],
  ["ADAPTER_NATS_PASSWORD", "x", { natsPassword: "x" }],
  ["ADAPTER_NATS_TOKEN", "x", { natsToken: "x" }],
  ["CLUSTER_PORT", "11002", "nothing"],
  ["DB_REDIS_HOST", "redis", { redisHost: "redis" }],
  ["DB_REDIS_PORT", "6380", { redisPort: 6380 }],
  ["DB_REDIS_DB", "3", { redisDatabase: 3 }],
  ["DB_REDIS_USERNAME", "x", { redisUsername: "x" }],
  ["DB_REDIS_PASSWORD", "x", { redisPassword: "x" }],
  ["DB_REDIS_KEY_PREFIX", "x", "nothing"],
  ["DB_REDIS_SENTINELS", '[{"host":"s","port":26379}]', { redisSentinels: [SENTINEL] }],
  ["DB_REDIS_SENTINEL_PASSWORD", "x", { redisSentinelPassword: "x" }],
  ["DB_REDIS_INSTANCE_NAME", "x", { redisSentinelName: "x" }],
  ["DB_REDIS_CLUSTER_NODES", '[{"host":"c","port":7000}]', { redisClusterNodes: [NODE] }],
  ["DB_MYSQL_HOST", "mysql", "nothing"],
  ["DB_POSTGRES_HOST", "postgres", "nothing"],
  ["DB_POOLING_ENABLED", "true", "nothing"],
  ["APP_MANAGER_DRIVER", "array", "nothing"],
  ["APP_MANAGER_DRIVER", "mysql", "refused"],
  ["APP_MANAGER_CACHE_ENABLED", "true", "nothing"],
  ["CACHE_DRIVER", "redis", "refused"],
  ["QUEUE_DRIVER", "sync", "nothing"],
  ["QUEUE_DRIVER", "sqs", "refused"],
  ["QUEUE_REDIS_CONCURRENCY", "1", "nothing"],
  ["QUEUE_SQS_URL", "https://a", "nothing"],
  ["RATE_LIMITER_DRIVER", "redis", "warns", "local"],
  ["CHANNEL_LIMITS_MAX_NAME_LENGTH", "200", { defaultMaxChannelNameLength: 200 }],
  ["CHANNEL_CACHE_TTL", "600", { cacheTtlSeconds: 600 }],
  ["EVENT_MAX_CHANNELS_AT_ONCE", "7", { defaultMaxEventChannels: 7 }],
  ["EVENT_MAX_NAME_LENGTH", "7", { defaultMaxEventNameLength: 7 }],
  ["EVENT_MAX_SIZE_IN_KB", "7", { defaultMaxEventDataBytes: 7168 }],
  ["EVENT_MAX_SIZE_IN_KB", "0.5", { defaultMaxEventDataBytes: 512 }],
  ["EVENT_MAX_BATCH_SIZE", "7", { defaultMaxBatchEvents: 7 }],
  ["PRESENCE_MAX_MEMBERS", "7", { defaultMaxPresenceMembers: 7 }],
  ["PRESENCE_MAX_MEMBER_SIZE", "2", { defaultMaxPresenceMemberBytes: 2048 }],
  ["PRESENCE_MAX_MEMBER_SIZE", "2.5", { defaultMaxPresenceMemberBytes: 2560 }],
  ["HTTP_ACCEPT_TRAFFIC_MEMORY_THRESHOLD", "90", { acceptTrafficMemoryThresholdPercent: 90 }],
  ["HTTP_MAX_REQUEST_SIZE", "100", { httpRequestLimitBytes: 104_857_600 }],
  ["HTTP_MAX_REQUEST_SIZE", "0.5", { httpRequestLimitBytes: 524_288 }],
  ["METRICS_ENABLED", "1", { metricsEnabled: true }],
  ["METRICS_DRIVER", "prometheus", "nothing"],
  ["METRICS_HOST", "0.0.0.0", { metricsHost: "0.0.0.0" }],
  ["METRICS_SERVER_PORT", "9602", { metricsPort: 9602 }],
  ["METRICS_PROMETHEUS_PREFIX", "soketi_", { metricsPrefix: "soketi_" }],
  ["SSL_CERT", "/c.pem", "refused"],
  ["SSL_KEY", "/k.pem", "refused"],
  ["SSL_PASS", "x", { sslPassphrase: "x" }],
  ["SSL_CA", "/a.pem", { sslCaPath: "/a.pem" }],
  ["WEBHOOKS_BATCHING", "0", { webhookBatchingEnabled: false }],
  ["WEBHOOKS_BATCHING_DURATION", "70", { webhookBatchMs: 70 }],
  ["HOST", "127.0.0.1", { host: "127.0.0.1" }],
  ["PORT", "6002", { port: 6002 }],
  ["DEBUG", "1", { logLevel: "debug" }],
  ["DEBUG", "false", "nothing"],
  ["MODE", "worker", "warns", "full"],
  ["PATH_PREFIX", "/realtime", { pathPrefix: "/realtime" }],
  ["SHUTDOWN_GRACE_PERIOD", "3000", { shutdownGracePeriodMs: 3000 }],
  ["USER_AUTHENTICATION_TIMEOUT", "60000", { userAuthenticationTimeoutSeconds: 60 }],
];

const APP_VARIABLES: readonly (readonly [name: string, value: string, app: object])[] = [
  ["ID", "7", { id: "7" }],
  ["KEY", "key-7", { credentials: [{ key: "key-7", secret: "secret-1" }] }],
  ["SECRET", "secret-7", { credentials: [{ key: "key-1", secret: "secret-7" }] }],
  ["ENABLED", "false", { enabled: false }],
  ["MAX_CONNS", "-1", { limits: { maxConnections: Infinity } }],
  ["MAX_CONNS", "7", { limits: { maxConnections: 7 } }],
  ["ENABLE_CLIENT_MESSAGES", "true", { clientEvents: true }],
  ["MAX_BACKEND_EVENTS_PER_SEC", "7", { limits: { maxApiEventsPerSecond: 7 } }],
  ["MAX_CLIENT_EVENTS_PER_SEC", "7", { limits: { maxClientEventsPerSecond: 7 } }],
  ["MAX_CLIENT_EVENTS_PER_SEC", "-1", { limits: { maxClientEventsPerSecond: Infinity } }],
  ["MAX_READ_REQ_PER_SEC", "7", { limits: { maxApiReadsPerSecond: 7 } }],
  ["USER_AUTHENTICATION", "true", { authorisedConnections: true }],
  [
    "WEBHOOKS",
    '[{"url":"https://a.example","event_types":["channel_occupied"]}]',
    { webhooks: [{ url: "https://a.example", events: ["channel_occupied"] }] },
  ],
];

const APP_KEYS: readonly (readonly [key: string, value: unknown, app: object])[] = [
  ["enabled", false, { enabled: false }],
  ["maxConnections", -1, { limits: { maxConnections: Infinity } }],
  ["MaxConnections", 7, { limits: { maxConnections: 7 } }],
  ["enableClientMessages", true, { clientEvents: true }],
  ["EnableClientMessages", true, { clientEvents: true }],
  ["enableUserAuthentication", true, { authorisedConnections: true }],
  ["maxBackendEventsPerSecond", "7", { limits: { maxApiEventsPerSecond: 7 } }],
  ["max_backend_events_per_sec", 7, { limits: { maxApiEventsPerSecond: 7 } }],
  ["maxClientEventsPerSecond", 7, { limits: { maxClientEventsPerSecond: 7 } }],
  ["max_client_events_per_sec", 7, { limits: { maxClientEventsPerSecond: 7 } }],
  ["maxReadRequestsPerSecond", 7, { limits: { maxApiReadsPerSecond: 7 } }],
  ["max_read_req_per_sec", 7, { limits: { maxApiReadsPerSecond: 7 } }],
  ["maxPresenceMembersPerChannel", 7, { limits: { maxPresenceMembers: 7 } }],
  ["maxPresenceMemberSizeInKb", 7, { limits: { maxPresenceMemberBytes: 7168 } }],
  ["maxChannelNameLength", 7, { limits: { maxChannelNameLength: 7 } }],
  ["maxEventChannelsAtOnce", 7, { limits: { maxEventChannels: 7 } }],
  ["maxEventNameLength", 7, { limits: { maxEventNameLength: 7 } }],
  ["maxEventPayloadInKb", 7, { limits: { maxEventDataBytes: 7168 } }],
  ["maxEventBatchSize", 7, { limits: { maxBatchEvents: 7 } }],
  ["webhooks", [], { webhooks: [] }],
];

describe("a key of soketi", () => {
  testRows(KEYS, (name, value) => [nested(name, value), { path: "config.json" }]);
});

describe("a variable of soketi", () => {
  testRows(
    VARIABLES,
    (name, value) => [undefined, { env: { [`SOKETI_${name}`]: String(value) } }],
    (name) => `SOKETI_${name}`,
  );

  test("has a row here if it is in a table", () => {
    const here = new Set([
      ...VARIABLES.map(([name]) => `SOKETI_${name}`),
      ...APP_VARIABLES.map(([name]) => `SOKETI_DEFAULT_APP_${name}`),
    ]);
    const options = [...optionsOf(OPTIONS), ...optionsOf(APP_OPTIONS)];
    const names = [
      ...options.flatMap(({ env }) => env.map(nameOf)),
      ...ignoredKeysOf("server").flatMap(envOf),
    ];
    const soketis = names.filter((name) => name.startsWith("SOKETI_"));
    expect(soketis.filter((name) => !here.has(name))).toEqual([]);
  });
});

describe("an app of soketi", () => {
  for (const [name, value, expected] of APP_VARIABLES)
    test(`has the variable ${name}=${value}`, () => {
      const env = {
        SOKETI_DEFAULT_APP_ID: "1",
        SOKETI_DEFAULT_APP_KEY: "key-1",
        SOKETI_DEFAULT_APP_SECRET: "secret-1",
        [`SOKETI_DEFAULT_APP_${name}`]: value,
      };
      expect(configOf({}, { env }).apps).toMatchObject([expected]);
    });

  for (const [key, value, expected] of APP_KEYS)
    test(`has the key ${key}`, () => {
      const app = { id: "1", key: "key-1", secret: "secret-1", [key]: value };
      expect(configOf(nested("appManager.array.apps", [app])).apps).toMatchObject([expected]);
    });
});

function envOf({ env = [] }: { readonly env?: readonly string[] }): readonly string[] {
  return env;
}
