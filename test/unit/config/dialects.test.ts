// The files of other servers and our own, in both formats, are read as they were meant.

import { describe, expect, test } from "bun:test";
import type { Config } from "../../../src/config/config.ts";
import type { LogLevel } from "../../../src/config/options/observation.ts";
import { DEFAULT_LIMITS } from "../../../src/protocol/app.ts";
import { APP, configOf, errorsOf, warningsOf } from "./reading.ts";

const ARTICLE =
  '{"apps":[{"id":"app-id","key":"app-key","secret":"app-secret","maxConnections":-1,"enableClientMessages":true,"enableUserAuthentication":false,"webhooks":[]}],"server":{"host":"0.0.0.0","port":6001},"adapter":{"driver":"local"}}';

const ARTICLE_APP = {
  id: "app-id",
  credentials: [{ key: "app-key", secret: "app-secret" }],
  enabled: true,
  clientEvents: true,
  subscriptionCount: false,
  watchlist: false,
  authorisedConnections: false,
  replayProtection: false,
  allowedOrigins: [],
  webhooks: [],
  channelDelta: [],
  limits: DEFAULT_LIMITS,
};

const DEFAULTS: Config = {
  host: "0.0.0.0",
  port: 6001,
  reusePort: false,
  workers: 1,
  pathPrefix: "",
  unixSocketEnabled: false,
  unixSocketPath: "/run/fanwire/fanwire.sock",
  unixSocketMode: 0o660,
  sslEnabled: false,
  sslCertPath: "",
  sslKeyPath: "",
  sslPassphrase: "",
  sslCaPath: "",
  activityTimeoutSeconds: 120,
  pongTimeoutSeconds: 30,
  userAuthenticationTimeoutSeconds: 30,
  shutdownGracePeriodMs: 10_000,
  shutdownDelayMs: 0,
  maxConnections: Infinity,
  maxConnectionsPerAddress: Infinity,
  maxHandshakesPerSecond: Infinity,
  maxRefusalsPerAddress: 20,
  rateLimiterEnabled: false,
  handshakesPerWindow: 20,
  handshakeWindowSeconds: 60,
  websocketMaxPayloadBytes: 65_536,
  websocketMaxBackpressureBytes: 1_048_576,
  maxFramesPerSecond: 5000,
  maxControlFramesPerSecond: 100,
  maxBytesPerSecond: 1_048_576,
  maxSubscriptionsPerSecond: 2000,
  maxAnswerBytesPerSecond: 2_097_152,
  maxWaitingBytes: 1_048_576,
  maxWaitingBytesPerNode: 25_165_824,
  maxLagSeconds: 30,
  maxLagBytesPerConnection: 4_194_304,
  maxLagBytesPerApp: 12_582_912,
  maxLagBytesPerNode: 20_971_520,
  deltaEnabled: true,
  deltaAlgorithm: "fossil",
  deltaFullMessageInterval: 100,
  deltaMinMessageBytes: 100,
  deltaMaxStateAgeSeconds: 300,
  deltaMaxChannelsPerConnection: 100,
  deltaMaxKeysPerChannel: 100,
  deltaConflationKeyPath: "",
  deltaOmitAlgorithm: false,
  deltaMaxSyncBytes: 262_144,
  tagFilteringEnabled: true,
  tagsDelivered: false,
  filterMaxValues: 1024,
  filterMaxTextLength: 16_384,
  filterMaxBytesPerConnection: 524_288,
  filterMaxComparisonsPerConnection: 512,
  filterMaxComparisonsPerChannel: 10_000,
  httpRequestLimitBytes: 10_485_760,
  apiRequestsPerWindow: 100,
  apiWindowSeconds: 60,
  trustedProxies: [],
  corsOrigins: ["*"],
  corsMethods: ["GET", "POST", "OPTIONS"],
  corsHeaders: ["Authorization", "Content-Type", "X-Requested-With", "Accept", "X-Idempotency-Key"],
  corsCredentials: false,
  usageEnabled: true,
  acceptTrafficMemoryThresholdPercent: 85,
  webhookBatchingEnabled: true,
  webhookBatchMs: 50,
  webhookBatchEvents: 100,
  webhookRetryEnabled: true,
  webhookRetryMaxElapsedMs: 300_000,
  webhookRetryInitialMs: 1000,
  webhookRetryMaxMs: 60_000,
  webhookRetryMaxAttempts: Infinity,
  webhookRequestTimeoutMs: 10_000,
  webhookAllowPrivateAddresses: false,
  metricsEnabled: false,
  metricsDriver: "prometheus",
  metricsHost: "127.0.0.1",
  metricsPort: 9601,
  metricsPrefix: "fanwire_",
  metricsToken: "",
  logLevel: "info",
  logFormat: "text",
  adapterDriver: "local",
  waitForBroker: false,
  region: "",
  regionGraceSeconds: 300,
  redisPrefix: "fanwire:",
  redisClusterMode: false,
  clusterNodes: [],
  clusterPrefix: "fanwire:",
  clusterTlsEnabled: false,
  clusterTlsAcceptInvalidCerts: false,
  clusterTlsCaPath: "",
  clusterTlsCertPath: "",
  clusterTlsKeyPath: "",
  natsServers: [{ scheme: "nats", host: "localhost", port: 4222, username: "", password: "" }],
  natsPrefix: "fanwire",
  natsUsername: "",
  natsPassword: "",
  natsToken: "",
  natsCredentialsPath: "",
  natsNkeySeed: "",
  natsTlsEnabled: false,
  natsTlsAcceptInvalidCerts: false,
  natsTlsCaPath: "",
  natsTlsCertPath: "",
  natsTlsKeyPath: "",
  redisUrl: null,
  redisHost: "127.0.0.1",
  redisPort: 6379,
  redisDatabase: 0,
  redisUsername: "",
  redisPassword: "",
  redisTlsEnabled: false,
  redisTlsAcceptInvalidCerts: false,
  redisTlsCaPath: "",
  redisTlsCertPath: "",
  redisTlsKeyPath: "",
  redisSentinels: [],
  redisSentinelName: "mymaster",
  redisSentinelUsername: "",
  redisSentinelPassword: "",
  sentinelTlsEnabled: false,
  sentinelTlsAcceptInvalidCerts: false,
  sentinelTlsCaPath: "",
  sentinelTlsCertPath: "",
  sentinelTlsKeyPath: "",
  redisClusterNodes: [],
  redisClusterUsername: "",
  redisClusterPassword: "",
  redisClusterUseTls: false,
  appManagerDriver: "memory",
  cacheDriver: "memory",
  cacheMaxEntries: 10_000,
  cacheTtlSeconds: 1800,
  queueDriver: "memory",
  defaultMaxChannelNameLength: 164,
  defaultMaxEventChannels: 100,
  defaultMaxEventNameLength: 200,
  defaultMaxEventDataBytes: 10_240,
  defaultMaxBatchEvents: 10,
  defaultMaxPresenceMembers: 100,
  defaultMaxPresenceMemberBytes: 1024,
  crowdedChannels: 12_000,
  maxSubscriptionsWhenCrowded: 200,
  defaultStrictChannelNames: false,
  defaultStrictPresence: false,
  defaultIdempotency: true,
  defaultIdempotencyTtlMs: 120_000,
  idempotencyMaxKeyLength: 128,
  idempotencyMaxKeys: 100_000,
  idempotencyMaxBytes: 33_554_432,
  unsignedRequestsPerAddress: 250,
  unsignedRequestsPerSecond: 500,
  apps: [],
};

describe("the file of the article", () => {
  test("loads unchanged", () => {
    const config = configOf(ARTICLE);
    expect(config.apps).toEqual([ARTICLE_APP]);
    expect([config.host, config.port, config.adapterDriver]).toEqual(["0.0.0.0", 6001, "local"]);
    expect(warningsOf(ARTICLE)).toEqual([]);
  });

  test("names its Redis beside the driver", () => {
    const adapter = { driver: "redis", redis: { host: "redis.internal", port: 6380 } };
    const file = { ...JSON.parse(ARTICLE), adapter };
    const { adapterDriver, redisHost, redisPort } = configOf(file);
    expect([adapterDriver, redisHost, redisPort]).toEqual(["redis", "redis.internal", 6380]);
    expect(warningsOf(file)).toEqual([]);
  });

  test("is refused with one sentence if its driver is not available", () => {
    const adapter = { driver: "kafka" };
    expect(errorsOf({ ...JSON.parse(ARTICLE), adapter })).toEqual([
      'fanwire.json: Cannot use adapter.driver "kafka": this version has "local", "redis", "redis-cluster" and "nats"',
    ]);
  });

  test("may have settings of a driver that it does not use", () => {
    const adapter = { driver: "local", redis: { host: "redis", port: 6379 } };
    expect(warningsOf({ ...JSON.parse(ARTICLE), adapter })).toEqual([]);
  });

  test("means the same in TOML, in both spellings", () => {
    const camel = `
      server = { host = "0.0.0.0", port = 6001 }
      adapter.driver = "local"
      [[apps]]
      id = "app-id"
      key = "app-key"
      secret = "app-secret"
      maxConnections = -1
      enableClientMessages = true
      webhooks = []`;
    const snake = `
      host = "0.0.0.0"
      port = 6001
      [adapter]
      driver = "local"
      [[app_manager.array.apps]]
      id = "app-id"
      key = "app-key"
      secret = "app-secret"
      max_connections = -1
      enable_client_messages = true
      webhooks = []`;
    const expected = configOf(ARTICLE);
    expect(configOf(camel, { path: "fanwire.toml" })).toEqual(expected);
    expect(configOf(snake, { path: "fanwire.toml" })).toEqual(expected);
  });
});

describe("our own file", () => {
  test("has the defaults for keys that are missing or null", () => {
    const defaults = configOf(undefined);
    expect(defaults).toEqual(DEFAULTS);
    const nothing = { port: null, http_api: { request_limit_in_mb: null }, websocket: null };
    expect(configOf(nothing)).toEqual(defaults);
    expect(configOf("", { path: "empty.toml" })).toEqual(defaults);
  });

  test("may use camelCase at every level", () => {
    const file = { httpApi: { requestLimitInMb: 3 }, appManager: { array: { apps: [APP] } } };
    const config = configOf(file);
    expect(config.httpRequestLimitBytes).toBe(3_145_728);
    expect(config.apps.map(({ id }) => id)).toEqual(["1"]);
  });
});

describe("Sockudo's settings of deltas and filters", () => {
  const toml = `
    [[app_manager.array.apps]]
    id = "1"
    key = "key-1"
    secret = "secret-1"
    [app_manager.array.apps.policy.channels.channel_delta_compression."ticker:*"]
    enabled = true
    algorithm = "Fossil"
    conflation_key = "item_id"
    max_messages_per_key = 10
    max_conflation_keys = 1000
    enable_tags = false
    [delta_compression]
    enabled = true
    algorithm = "Fossil"
    full_message_interval = 10
    min_message_size = 100
    max_state_age_secs = 300
    max_channel_states_per_socket = 100
    cluster_coordination = true
    omit_delta_algorithm = true
    [tag_filtering]
    enabled = true
    enable_tags = false
    [event_name_filtering]
    enabled = true
    max_events_per_filter = 50
    max_event_name_length = 200`;
  const path = "config.toml";

  test("apply, except those that coordinate several nodes", () => {
    const config = configOf(toml, { path });
    expect(config).toEqual({
      ...DEFAULTS,
      apps: config.apps,
      deltaFullMessageInterval: 10,
      deltaOmitAlgorithm: true,
    });
    expect(config.apps.map(({ channelDelta }) => channelDelta)).toEqual([
      [
        {
          pattern: "ticker:*",
          enabled: true,
          algorithm: "fossil",
          conflationKey: "item_id",
          maxKeys: 1000,
          deliverTags: false,
        },
      ],
    ]);
    expect(warningsOf(toml, { path })).toEqual([
      "config.toml: delta_compression.cluster_coordination has no effect: this version makes deltas on each node, with nothing to coordinate",
    ]);
  });
});

describe("soketi's timeouts", () => {
  test("are in milliseconds, by their keys and by their variables", () => {
    const file = configOf({ shutdownGracePeriod: 3000, userAuthenticationTimeout: 20_000 });
    expect(file.shutdownGracePeriodMs).toBe(3000);
    expect(file.userAuthenticationTimeoutSeconds).toBe(20);
    const env = {
      SOKETI_SHUTDOWN_GRACE_PERIOD: "2500",
      SOKETI_USER_AUTHENTICATION_TIMEOUT: "2500",
    };
    const variables = configOf(undefined, { env });
    expect(variables.shutdownGracePeriodMs).toBe(2500);
    expect(variables.userAuthenticationTimeoutSeconds).toBe(3);
  });

  test("are refused if seconds were meant", () => {
    const problem = "it must be a whole number of milliseconds from 100 to 3600000";
    expect(errorsOf({ shutdownGracePeriod: 10, userAuthenticationTimeout: 30 })).toEqual([
      `fanwire.json: Cannot use userAuthenticationTimeout 30: ${problem}`,
      `fanwire.json: Cannot use shutdownGracePeriod 10: ${problem}`,
    ]);
  });
});

describe("soketi's keys with dots", () => {
  test("are paths at the top level of a file", () => {
    const config = configOf({
      debug: true,
      port: 6002,
      "appManager.array.apps": [{ id: 1, key: "some-key", secret: "some-secret", webhooks: [] }],
      "adapter.driver": "local",
      "channelLimits.maxNameLength": 50,
    });
    expect(config.apps.map(({ id, limits }) => [id, limits.maxChannelNameLength])).toEqual([
      ["1", 50],
    ]);
    expect([config.port, config.logLevel]).toEqual([6002, "debug"]);
  });

  test("are reported as paths", () => {
    const file = { "adapter.drivr": "local", "adapter.driver": "x", adapter: { driver: "local" } };
    expect(errorsOf(file)).toEqual([
      "fanwire.json: Cannot use adapter.drivr: it is not a known key, did you mean driver",
      "fanwire.json: Cannot use adapter.driver: adapter.driver gives the same option",
      'fanwire.json: Cannot use adapter.driver "x": it must be "local" or "redis" or "redis-cluster" or "nats"',
    ]);
  });
});

describe("names that are overridden", () => {
  test("give a warning if another name sets the same option, in either order", () => {
    const weak = { channel_limits: { cache_ttl: 3600 } };
    const strong = { cache: { memory: { ttl: 300 } } };
    const warning =
      "fanwire.json: channel_limits.cache_ttl has no effect: cache.memory.ttl gives the same option";
    for (const file of [
      { ...weak, ...strong },
      { ...strong, ...weak },
    ]) {
      expect(configOf(file).cacheTtlSeconds).toBe(300);
      expect(warningsOf(file)).toEqual([warning]);
    }
  });

  test("apply if they are alone, up to the limit", () => {
    const file = { channelLimits: { cacheTtl: 3600 } };
    expect(configOf(file).cacheTtlSeconds).toBe(1800);
    expect(warningsOf(file)).toEqual([
      "fanwire.json: channelLimits.cacheTtl 3600 counts as 1800: a cache channel keeps its event for 30 minutes, as with Pusher",
    ]);
  });
});

describe("the switch debug", () => {
  const CASES: readonly (readonly [file: object, env: Record<string, string>, level: LogLevel])[] =
    [
      [{}, {}, "info"],
      [{ debug: true }, {}, "debug"],
      [{ debug: false }, {}, "info"],
      [{ debug: true, log: { level: "warn" } }, {}, "warn"],
      [{ debug: false, log: { level: "warn" } }, {}, "warn"],
      [{ log: { level: "warn" } }, { SOKETI_DEBUG: "true" }, "debug"],
      [{ log: { level: "warn" } }, { SOKETI_DEBUG: "false" }, "warn"],
      [{ log: { level: "warn" } }, { DEBUG_MODE: "1" }, "debug"],
      [{ log: { level: "warn" } }, { DEBUG: "1" }, "debug"],
      [{ log: { level: "warn" } }, { DEBUG: "express:*" }, "warn"],
      [{}, { SOKETI_DEBUG: "1", LOG_LEVEL: "ERROR" }, "error"],
      [{}, { LOG_LEVEL: "error", FANWIRE_LOG_LEVEL: "warn" }, "warn"],
    ];
  for (const [file, env, level] of CASES)
    test(`gives ${level} in ${JSON.stringify(file)} with ${JSON.stringify(env)}`, () => {
      expect(configOf(file, { env }).logLevel).toBe(level);
    });
});
