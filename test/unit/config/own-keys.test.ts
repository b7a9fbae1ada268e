// Keys that no other server has, and the options whose values have a special format.

import { describe, expect, test } from "bun:test";
import { configOf, errorsOf, nested } from "./reading.ts";
import { testRows, type Row } from "./rows.ts";

const KEYS: readonly Row[] = [
  ["reuse_port", true, { reusePort: true }],
  ["workers", "auto", { workers: "auto" }],
  ["pong_timeout", 5, { pongTimeoutSeconds: 5 }],
  ["max_connections_per_address", 7, { maxConnectionsPerAddress: 7 }],
  ["max_connections_per_address", 0, "nothing"],
  ["max_handshakes_per_second", 7, { maxHandshakesPerSecond: 7 }],
  ["max_handshakes_per_second", 0, "nothing"],
  ["websocket.max_frames_per_second", 7, { maxFramesPerSecond: 7 }],
  ["websocket.max_frames_per_second", 0, { maxFramesPerSecond: Infinity }],
  ["websocket.max_control_frames_per_second", 7, { maxControlFramesPerSecond: 7 }],
  ["websocket.max_control_frames_per_second", 0, { maxControlFramesPerSecond: Infinity }],
  ["trusted_proxies", ["10.0.0.0/8", "::1"], { trustedProxies: ["10.0.0.0/8", "::1"] }],
  ["trusted_proxies", [], "nothing"],
  ["cors.origin", ["any"], "nothing"],
  ["cors.origin", [], { corsOrigins: [] }],
  [
    "cors.origin",
    ["Example.com", "*.a.example", "https://*.b.example:8443"],
    { corsOrigins: ["example.com", "*.a.example", "https://*.b.example:8443"] },
  ],
  ["delta_compression.max_sync_kb", 64, { deltaMaxSyncBytes: 65_536 }],
  ["metrics.token", "s3cret", { metricsToken: "s3cret" }],
  ["log.level", "warn", { logLevel: "warn" }],
  ["log.format", "json", { logFormat: "json" }],
  ["webhooks.retry.max_attempts", 0, "nothing"],
  ["webhooks.allow_private_addresses", true, { webhookAllowPrivateAddresses: true }],
];

const VARIABLES: readonly Row[] = [
  ["TRUSTED_PROXIES", "10.0.0.1, fd00::/8,", { trustedProxies: ["10.0.0.1", "fd00::/8"] }],
  ["LOG_LEVEL", "DEBUG", { logLevel: "debug" }],
  ["LOG_FORMAT", "json", { logFormat: "json" }],
  ["METRICS_TOKEN", "s3cret", { metricsToken: "s3cret" }],
  ["DELTA_COMPRESSION_ENABLED", "off", { deltaEnabled: false }],
  ["DELTA_COMPRESSION_ALGORITHM", "VCDIFF", { deltaAlgorithm: "xdelta3" }],
  ["DELTA_COMPRESSION_FULL_MESSAGE_INTERVAL", "7", { deltaFullMessageInterval: 7 }],
  ["DELTA_COMPRESSION_MIN_MESSAGE_SIZE", "0", { deltaMinMessageBytes: 0 }],
  ["DELTA_COMPRESSION_MAX_STATE_AGE_SECS", "7", { deltaMaxStateAgeSeconds: 7 }],
  ["DELTA_COMPRESSION_MAX_CHANNEL_STATES_PER_SOCKET", "7", { deltaMaxChannelsPerConnection: 7 }],
  ["DELTA_COMPRESSION_MAX_CONFLATION_STATES_PER_CHANNEL", "7", { deltaMaxKeysPerChannel: 7 }],
  ["DELTA_COMPRESSION_CONFLATION_KEY_PATH", "symbol", { deltaConflationKeyPath: "symbol" }],
  ["DELTA_COMPRESSION_OMIT_DELTA_ALGORITHM", "true", { deltaOmitAlgorithm: true }],
  ["DELTA_COMPRESSION_MAX_SYNC_KB", "1", { deltaMaxSyncBytes: 1024 }],
  ["TAG_FILTERING_ENABLED", "false", { tagFilteringEnabled: false }],
  ["TAG_FILTERING_ENABLE_TAGS", "true", { tagsDelivered: true }],
  ["MAX_CONNECTIONS", "5", { maxConnections: 5 }],
  ["WEBHOOKS_ALLOW_PRIVATE_ADDRESSES", "true", { webhookAllowPrivateAddresses: true }],
];

const NETWORK = 'it must be an address or a network such as "10.0.0.0/8"';
const MODE = 'it must be a mode in octal digits, in quotes, such as "660"';
const SOCKET = 'it must be an absolute path without ".."';
const PERCENT = "it must be a percentage above 1 and up to 100, or a fraction such as 0.85";
const ORIGIN =
  'it must be an origin such as "https://example.com", "example.com", "*.example.com" or "*"';
const KEY_PATH = 'it must be empty, or names with dots between them such as "quote.symbol"';

const WRONG: readonly (readonly [key: string, value: unknown, message: string])[] = [
  ["trusted_proxies", ["10.0.0.0/33"], `[0] "10.0.0.0/33": ${NETWORK}`],
  ["trusted_proxies", ["::/129"], `[0] "::/129": ${NETWORK}`],
  ["trusted_proxies", ["proxy"], `[0] "proxy": ${NETWORK}`],
  ["trusted_proxies", ["10.0.0.0/8/8"], `[0] "10.0.0.0/8/8": ${NETWORK}`],
  ["trusted_proxies", [10], `[0] 10: ${NETWORK}`],
  [
    "trusted_proxies",
    {},
    ' (a group of keys): it must be a list, or text with commas, of addresses and networks such as "10.0.0.0/8"',
  ],
  ["unix_socket.permission_mode", 660, ` 660: ${MODE}`],
  ["unix_socket.permission_mode", "888", ` "888": ${MODE}`],
  ["unix_socket.permission_mode", "1777", ` "1777": ${MODE}`],
  ["unix_socket.path", "a.sock", ` "a.sock": ${SOCKET}`],
  ["unix_socket.path", "/a/../b.sock", ` "/a/../b.sock": ${SOCKET}`],
  ["unix_socket.path", "", ` "": ${SOCKET}`],
  ["http_api.accept_traffic.memory_threshold", 0, ` 0: ${PERCENT}`],
  ["http_api.accept_traffic.memory_threshold", 101, ` 101: ${PERCENT}`],
  ["http_api.accept_traffic.memory_threshold", "85%", ` "85%": ${PERCENT}`],
  ["cors.origin", ["https://example.com/"], `[0] "https://example.com/": ${ORIGIN}`],
  ["cors.origin", ["https://a.*.example"], `[0] "https://a.*.example": ${ORIGIN}`],
  ["cors.methods", ["GET /"], '[0] "GET /": it must be an HTTP method such as "GET"'],
  [
    "cors.allowed_headers",
    ["a b"],
    '[0] "a b": it must be the name of a header such as "Content-Type"',
  ],
  ["metrics.token", "s3cret\n", " <redacted>: it must be empty, or text without whitespace"],
  [
    "metrics.prometheus.prefix",
    "a-b",
    ' "a-b": it must be empty, or letters, digits and _ such as "fanwire_"',
  ],
  [
    "log.level",
    "wran",
    ' "wran": it must be "debug" or "info" or "warn" or "error", did you mean "warn"',
  ],
  ["log.format", "jsn", ' "jsn": it must be "text" or "json", did you mean "json"'],
  [
    "cache.driver",
    "redis",
    ' "redis": this version has only "memory", which forgets when the server stops',
  ],
  [
    "queue.driver",
    "sqs",
    ' "sqs": this version has only "memory", whose webhooks are lost when the server stops',
  ],
  ["queue.driver", "memry", ' "memry": it must be "memory" or "sync", did you mean "memory"'],
  [
    "app_manager.driver",
    "mysql",
    ' "mysql": this version has only "memory", which takes apps from the configuration',
  ],
  ["delta_compression.conflation_key_path", ".symbol", ` ".symbol": ${KEY_PATH}`],
  ["delta_compression.conflation_key_path", "a..b", ` "a..b": ${KEY_PATH}`],
  [
    "delta_compression.algorithm",
    "fosil",
    ' "fosil": it must be "fossil" or "xdelta3" or "vcdiff", did you mean "fossil"',
  ],
  ["delta_compression.max_sync_kb", 0, " 0: it must be a number of KB above 0 and up to 65536"],
  ["delta_compression", true, " (a boolean): it must be a group of keys"],
  ["delta_compression.algoritm", "fossil", ": it is not a known key, did you mean algorithm"],
  ["max_connections", -2, " -2: it must be a whole number, at least 1, or 0 or -1 for no limit"],
];

describe("a key of our own", () => {
  testRows(KEYS, (name, value) => [nested(name, value), { path: "fanwire.json" }]);
});

describe("a variable of our own", () => {
  testRows(
    VARIABLES,
    (name, value) => [undefined, { env: { [`FANWIRE_${name}`]: String(value) } }],
    (name) => `FANWIRE_${name}`,
  );
});

describe("a value in the wrong format", () => {
  for (const [key, value, message] of WRONG)
    test(`is refused: ${key} = ${JSON.stringify(value)}`, () => {
      const lines = errorsOf(nested(key, value));
      expect(lines).toEqual([`fanwire.json: Cannot use ${key}${message}`]);
      expect(lines.join()).not.toContain("s3cret");
    });
});

describe("a percentage", () => {
  const CASES: readonly (readonly [value: unknown, percent: number])[] = [
    [85, 85],
    ["85", 85],
    [0.85, 85],
    [1, 100],
    [100, 100],
    [33.3, 33.3],
    [0.005, 0.5],
  ];
  for (const [value, percent] of CASES)
    test(`of ${JSON.stringify(value)} is ${percent}`, () => {
      const file = nested("http_api.accept_traffic.memory_threshold", value);
      expect(configOf(file).acceptTrafficMemoryThresholdPercent).toBe(percent);
    });
});
