// The table of options. A new option is a member of `Config` and a row here, and nothing else: reading, checking,
// printing, the documentation and the variables follow. Keys are Sockudo's wherever Sockudo has the option.

import { APPS } from "./apps.ts";
import type { Config } from "./config.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import { oneOf, orWord, scaled, text, whole, type Scalar } from "./kinds.ts";
import { rows, type Inert, type Table } from "./table.ts";

/** Adapters of Sockudo and soketi which are not here. */
const OTHER_DRIVERS: readonly string[] = [
  "cluster",
  "redis",
  "redis-cluster",
  "nats",
  "pulsar",
  "rabbitmq",
  "google-pubsub",
  "kafka",
  "iggy",
];

// soketi counts this one in milliseconds. From 100 on, so that seconds under soketi's name are refused, not misread.
const GRACE_PERIOD_MS: Scalar<number> = whole({ min: 100, max: 3_600_000, unit: "milliseconds" });

/** Every option, in the order of the documentation. */
export const OPTIONS: Table<Config> = {
  host: {
    path: "host",
    kind: text("a host name or an address", /^[\w.:%-]+$/),
    default: "0.0.0.0",
    aliases: ["server.host"],
    env: ["FANWIRE_HOST", "HOST", "SOKETI_HOST"],
    commandLine: "--host",
    doc: "The address to listen on. `0.0.0.0` is every IPv4 address of the machine, `::` every address.",
  },
  port: {
    path: "port",
    kind: whole({ min: 0, max: 65_535 }),
    default: 6001,
    aliases: ["server.port"],
    env: ["FANWIRE_PORT", "PORT", "SOKETI_PORT"],
    commandLine: "--port",
    doc: "The port to listen on, for WebSocket and HTTP alike. 0 lets the system choose a free one.",
  },
  workers: {
    path: "workers",
    kind: orWord(whole({ min: 1, max: 256 }), "auto"),
    default: 1,
    env: ["FANWIRE_WORKERS"],
    commandLine: "--workers",
    doc: "Processes that share the port. `auto` starts one for each core.",
  },
  pathPrefix: {
    path: "path_prefix",
    kind: text('empty, or a path such as "/realtime"', /^(\/[\w.~-]+)*\/?$/, (path) =>
      path.replace(/\/$/, ""),
    ),
    default: "",
    env: ["FANWIRE_PATH_PREFIX", "SOKETI_PATH_PREFIX"],
    doc: "What every path of the server begins with. Empty or `/` is no prefix.",
  },
  activityTimeoutSeconds: {
    path: "activity_timeout",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 120,
    env: ["FANWIRE_ACTIVITY_TIMEOUT", "ACTIVITY_TIMEOUT"],
    doc: "Silence after which a client is pinged. Clients are told the same number, and ping by it too.",
  },
  pongTimeoutSeconds: {
    path: "pong_timeout",
    kind: whole({ min: 1, max: 3600, unit: "seconds" }),
    default: 30,
    env: ["FANWIRE_PONG_TIMEOUT"],
    doc: "How long a pinged client has to answer before it is closed with 4201.",
  },
  shutdownGracePeriodMs: {
    path: "shutdown_grace_period",
    kind: scaled(whole({ min: 0, max: 3600, unit: "seconds" }), 1000),
    default: 10_000,
    aliases: [{ name: "shutdownGracePeriod", kind: GRACE_PERIOD_MS }],
    env: [
      "FANWIRE_SHUTDOWN_GRACE_PERIOD",
      "SHUTDOWN_GRACE_PERIOD",
      { name: "SOKETI_SHUTDOWN_GRACE_PERIOD", kind: GRACE_PERIOD_MS },
    ],
    doc: "How long a stopping server waits for its connections to end. 0 does not wait.",
  },
  websocketMaxPayloadBytes: {
    path: "websocket_max_payload_kb",
    kind: scaled(whole({ min: 1, max: 1_048_576, unit: "KB" }), 1024),
    default: 65_536,
    env: ["FANWIRE_WEBSOCKET_MAX_PAYLOAD_KB", "WEBSOCKET_MAX_PAYLOAD_KB"],
    doc: "The largest frame that a client may send. A larger one closes the connection.",
  },
  websocketMaxBackpressureBytes: {
    path: "websocket.max_backpressure",
    kind: whole({ min: 1024, max: 1_073_741_824, unit: "bytes" }),
    default: 1_048_576,
    env: ["FANWIRE_WEBSOCKET_MAX_BACKPRESSURE", "WEBSOCKET_MAX_BACKPRESSURE"],
    doc: "What may wait to be sent to one client before it counts as slow.",
  },
  httpRequestLimitBytes: {
    path: "http_api.request_limit_in_mb",
    kind: scaled(whole({ min: 1, max: 1024, unit: "MB" }), 1_048_576),
    default: 10_485_760,
    env: ["FANWIRE_HTTP_API_REQUEST_LIMIT_IN_MB", "SOKETI_HTTP_MAX_REQUEST_SIZE"],
    doc: "The largest body of an HTTP request. A larger one is answered with 413.",
  },
  adapterDriver: {
    path: "adapter.driver",
    kind: oneOf(["local"], {
      values: OTHER_DRIVERS,
      problem: 'this version has only "local", which serves one machine',
    }),
    default: "local",
    env: ["FANWIRE_ADAPTER_DRIVER", "ADAPTER_DRIVER", "SOKETI_ADAPTER_DRIVER"],
    doc: "What connects this server to others. `local` is nothing: one machine.",
  },
  apps: {
    path: "apps",
    kind: APPS,
    default: [],
    aliases: ["app_manager.array.apps"],
    env: [],
    doc: "The apps that may connect and publish, each with the keys of [an app](#an-app).",
  },
};

/** Keys of other servers which have no effect here. Settings of a driver ask for nothing: the driver's name does. */
export const INERT: readonly Inert[] = [
  settingsOf("adapter.redis"),
  settingsOf("adapter.cluster"),
  settingsOf("adapter.nats"),
  settingsOf("adapter.pulsar"),
  settingsOf("adapter.rabbitmq"),
  settingsOf("adapter.google_pubsub"),
  settingsOf("adapter.kafka"),
  settingsOf("adapter.iggy"),
  settingsOf("database.redis"),
  settingsOf("app_manager.cache"),
  {
    path: "app_manager.driver",
    asks: (value) => value !== "memory" && value !== "array",
    lacks: "takes apps from the configuration alone",
  },
];

/** The keys of a configuration file. */
export const KEYS: KeyIndex = indexKeys(
  rows(OPTIONS).map(([, option]) => option),
  INERT,
);

function settingsOf(path: string): Inert {
  return { path, asks: () => false, lacks: "has no use for it" };
}
