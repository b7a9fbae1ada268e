// The options of connections: how many there may be, how long they may be silent, and how much they may send.

import { flag, limit, scaled, size, whole } from "../kinds.ts";
import type { Table } from "../table.ts";

/** Limits and timeouts of connections. `Infinity` means no limit. */
export interface ConnectionConfig {
  /** How long a client may be silent before it is pinged. Clients are told this number when they connect. */
  readonly activityTimeoutSeconds: number;
  /** How long a pinged client has to answer. */
  readonly pongTimeoutSeconds: number;
  /** How long a client of an app with `authorisedConnections` has to sign in or to subscribe to a private or presence channel. */
  readonly userAuthenticationTimeoutSeconds: number;
  /** How long a stopping server waits for its connections to close. */
  readonly shutdownGracePeriodMs: number;
  /** How long a stopping server reports that it is not ready before it stops accepting connections. */
  readonly shutdownDelayMs: number;
  /** The maximum number of connections to this node, over all apps. */
  readonly maxConnections: number;
  /** The maximum number of connections from one client address. */
  readonly maxConnectionsPerAddress: number;
  /** The maximum number of handshakes per second, over all addresses. */
  readonly maxHandshakesPerSecond: number;
  /** How many refused connections per second of one client address get a close frame that says why. */
  readonly maxRefusalsPerAddress: number;
  /** Whether handshakes and API requests are limited per client address and window. */
  readonly rateLimiterEnabled: boolean;
  /** The maximum number of handshakes of one client address in a window. */
  readonly handshakesPerWindow: number;
  readonly handshakeWindowSeconds: number;
  /** The largest frame that a client may send. */
  readonly websocketMaxPayloadBytes: number;
  /** How full one socket's send buffer may be before the socket counts as lagging. */
  readonly websocketMaxBackpressureBytes: number;
  /** The maximum number of frames that one connection may send per second. */
  readonly maxFramesPerSecond: number;
  /** The maximum number of pings and pongs that one connection may send per second. */
  readonly maxControlFramesPerSecond: number;
  /** The maximum number of bytes that one connection may send per second. */
  readonly maxBytesPerSecond: number;
  /** How many subscriptions of one connection are handled per second. Further frames wait. */
  readonly maxSubscriptionsPerSecond: number;
  /** How many bytes one connection is answered per second. Further frames wait. */
  readonly maxAnswerBytesPerSecond: number;
  /** The maximum size of the waiting frames of one connection. */
  readonly maxWaitingBytes: number;
  /** The maximum size of the waiting frames of all connections. */
  readonly maxWaitingBytesPerNode: number;
  /** How long a lagging client may read almost nothing before it is closed. */
  readonly maxLagSeconds: number;
  /** The maximum size of what is kept for lagging clients: for one, for those of one app, and for all. */
  readonly maxLagBytesPerConnection: number;
  readonly maxLagBytesPerApp: number;
  readonly maxLagBytesPerNode: number;
}

/** The rows of `ConnectionConfig`. */
export const CONNECTION_OPTIONS: Table<ConnectionConfig> = {
  activityTimeoutSeconds: {
    path: "activity_timeout",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 120,
    env: ["FANWIRE_ACTIVITY_TIMEOUT"],
    doc: "Silence after which a client is pinged. Clients are told the same number, and ping by it too.",
  },
  pongTimeoutSeconds: {
    path: "pong_timeout",
    kind: whole({ min: 1, max: 3600, unit: "seconds" }),
    default: 30,
    env: ["FANWIRE_PONG_TIMEOUT"],
    doc: "How long a pinged client has to answer before it is closed with 4201.",
  },
  userAuthenticationTimeoutSeconds: {
    path: "user_authentication_timeout",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 30,
    env: ["FANWIRE_USER_AUTHENTICATION_TIMEOUT"],
    doc: "How long a client of an app with `enable_user_authentication` has to sign in or to subscribe to a private or presence channel.",
  },
  shutdownGracePeriodMs: {
    path: "shutdown_grace_period",
    kind: scaled(whole({ min: 0, max: 3600, unit: "seconds" }), 1000),
    default: 10_000,
    env: ["FANWIRE_SHUTDOWN_GRACE_PERIOD"],
    doc: "How long a stopping server waits for its connections to end. 0 does not wait.",
  },
  shutdownDelayMs: {
    path: "shutdown_delay",
    kind: scaled(whole({ min: 0, max: 3600, unit: "seconds" }), 1000),
    default: 0,
    env: ["FANWIRE_SHUTDOWN_DELAY"],
    doc: "How long a stopping server goes on, with `/ready` and `/up` saying that it is draining, before it stops to accept: as long as a load balancer takes to notice.",
  },
  maxConnections: {
    path: "max_connections",
    kind: limit([0, -1]),
    default: Infinity,
    env: ["FANWIRE_MAX_CONNECTIONS"],
    doc: "Connections of this node at once, over all apps. One more is closed with 4100. The open files of the process are a limit of their own. With `workers` each of them holds its share, rounded up.",
  },
  maxConnectionsPerAddress: {
    path: "max_connections_per_address",
    kind: limit([0, -1]),
    default: Infinity,
    env: ["FANWIRE_MAX_CONNECTIONS_PER_ADDRESS"],
    doc: "Connections of one client address to this node at once, refused ones included while they are there. An IPv6 client counts by its network of 64 bits. Behind a proxy this needs `trusted_proxies`. With `workers` each of them takes its share, rounded up, so that an address may be refused a little earlier: choose it well above what one address needs.",
  },
  maxHandshakesPerSecond: {
    path: "max_handshakes_per_second",
    kind: limit([0, -1]),
    default: Infinity,
    env: ["FANWIRE_MAX_HANDSHAKES_PER_SECOND"],
    doc: "New connections a second that this node takes, over all addresses. Those that it refuses for another reason do not count, and no address has all of them while others come. With `workers` each of them takes its share, rounded up.",
  },
  maxRefusalsPerAddress: {
    path: "max_refusals_per_address",
    kind: limit([0, -1]),
    default: 20,
    env: ["FANWIRE_MAX_REFUSALS_PER_ADDRESS"],
    doc: "Connections a second of one client address that are refused by a close frame with its code; five times as many may come in one burst. Those above are refused by HTTP 429 without a WebSocket. Behind a proxy this needs `trusted_proxies`.",
  },
  rateLimiterEnabled: {
    path: "rate_limiter.enabled",
    kind: flag(),
    default: false,
    env: ["FANWIRE_RATE_LIMITER_ENABLED"],
    doc: "Whether the limits of one client address hold, for new connections and for the HTTP API. An IPv6 client counts by its network of 64 bits. Behind a proxy they need `trusted_proxies`.",
  },
  handshakesPerWindow: {
    path: "rate_limiter.websocket_rate_limit.max_requests",
    kind: whole({ min: 1, max: 1_000_000_000 }),
    default: 20,
    env: ["FANWIRE_RATE_LIMITER_WS_MAX_REQUESTS"],
    doc: "New connections of one client address in a window, refused ones included. With `workers` each of them takes its share, rounded up.",
  },
  handshakeWindowSeconds: {
    path: "rate_limiter.websocket_rate_limit.window_seconds",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 60,
    env: ["FANWIRE_RATE_LIMITER_WS_WINDOW_SECONDS"],
    doc: "The length of that window.",
  },
  websocketMaxPayloadBytes: {
    path: "websocket_max_payload_kb",
    kind: size("KB", 1_048_576),
    default: 65_536,
    env: ["FANWIRE_WEBSOCKET_MAX_PAYLOAD_KB"],
    doc: "The largest frame that a client may send. A larger one closes the connection.",
  },
  websocketMaxBackpressureBytes: {
    path: "websocket.max_backpressure",
    kind: whole({ min: 1024, max: 1_073_741_824, unit: "bytes" }),
    default: 1_048_576,
    env: ["FANWIRE_WEBSOCKET_MAX_BACKPRESSURE"],
    doc: "What may wait to be sent to one client. More is let pass as long as the client takes it; one that takes nothing of it for 5 seconds is closed with 4100.",
  },
  maxFramesPerSecond: {
    path: "websocket.max_frames_per_second",
    kind: limit([0, -1]),
    default: 5000,
    env: ["FANWIRE_WEBSOCKET_MAX_FRAMES_PER_SECOND"],
    doc: "Frames a second that one connection may send. More closes it.",
  },
  maxControlFramesPerSecond: {
    path: "websocket.max_control_frames_per_second",
    kind: limit([0, -1]),
    default: 100,
    env: ["FANWIRE_WEBSOCKET_MAX_CONTROL_FRAMES_PER_SECOND"],
    doc: "Pings and pongs a second that one connection may send. More closes it.",
  },
  maxBytesPerSecond: {
    path: "websocket.max_kb_per_second",
    kind: scaled(limit([0, -1], "KB"), 1024),
    default: 1_048_576,
    env: ["FANWIRE_WEBSOCKET_MAX_KB_PER_SECOND"],
    doc: "What one connection may send in a second. More closes it.",
  },
  maxSubscriptionsPerSecond: {
    path: "websocket.max_subscriptions_per_second",
    kind: limit([0, -1]),
    default: 2000,
    env: ["FANWIRE_WEBSOCKET_MAX_SUBSCRIPTIONS_PER_SECOND"],
    doc: "Subscriptions a second that one connection is granted. Further frames of it wait for the next second.",
  },
  maxAnswerBytesPerSecond: {
    path: "websocket.max_answer_kb_per_second",
    kind: scaled(limit([0, -1], "KB"), 1024),
    default: 2_097_152,
    env: ["FANWIRE_WEBSOCKET_MAX_ANSWER_KB_PER_SECOND"],
    doc: "What one connection is answered in a second: member lists, states of delta compression, cached events. When it was more, further frames of it wait for the next second.",
  },
  maxWaitingBytes: {
    path: "websocket.max_waiting_kb",
    kind: scaled(whole({ min: 64, max: 1_048_576, unit: "KB" }), 1024),
    default: 1_048_576,
    env: ["FANWIRE_WEBSOCKET_MAX_WAITING_KB"],
    doc: "Frames of one connection that may wait until it has read the answers to those before. More closes it with 4100.",
  },
  maxWaitingBytesPerNode: {
    path: "websocket.max_waiting_kb_per_node",
    kind: scaled(whole({ min: 64, max: 16_777_216, unit: "KB" }), 1024),
    default: 25_165_824,
    env: ["FANWIRE_WEBSOCKET_MAX_WAITING_KB_PER_NODE"],
    doc: "The same of all connections of one process together. When it is more, the connection with the most is closed with 4100.",
  },
  maxLagSeconds: {
    path: "websocket.max_lag_seconds",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 30,
    env: ["FANWIRE_WEBSOCKET_MAX_LAG_SECONDS"],
    doc: "How long a slow client may take less than 16 KB of what waits for it. Then it is closed with 4100.",
  },
  maxLagBytesPerConnection: {
    path: "websocket.max_lag_kb_per_connection",
    kind: scaled(whole({ min: 64, max: 1_048_576, unit: "KB" }), 1024),
    default: 4_194_304,
    env: ["FANWIRE_WEBSOCKET_MAX_LAG_KB_PER_CONNECTION"],
    doc: "What may be kept on all channels of one slow client until it has caught up. When it is more, the client is closed with 4100.",
  },
  maxLagBytesPerApp: {
    path: "websocket.max_lag_kb_per_app",
    kind: scaled(whole({ min: 64, max: 16_777_216, unit: "KB" }), 1024),
    default: 12_582_912,
    env: ["FANWIRE_WEBSOCKET_MAX_LAG_KB_PER_APP"],
    doc: "What one process may keep for all slow clients of one app. When it is more, those for whom the most is kept are closed with 4100.",
  },
  maxLagBytesPerNode: {
    path: "websocket.max_lag_kb_per_node",
    kind: scaled(whole({ min: 64, max: 16_777_216, unit: "KB" }), 1024),
    default: 20_971_520,
    env: ["FANWIRE_WEBSOCKET_MAX_LAG_KB_PER_NODE"],
    doc: "The same for all apps together.",
  },
};
