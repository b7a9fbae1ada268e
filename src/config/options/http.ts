// The options of HTTP: the size and rate of requests, trusted proxies, CORS, health, idempotency.

import { flag, limit, scalar, size, whole, type Scalar } from "../kinds.ts";
import { HEADER_NAMES, METHODS, NETWORKS, ORIGINS } from "../network-kinds.ts";
import type { Table } from "../table.ts";

/** Limits and policies of HTTP requests. */
export interface HttpConfig {
  /** The maximum size of a request body. */
  readonly httpRequestLimitBytes: number;
  /** The maximum number of API requests of one client address in a window, if `rateLimiterEnabled`. */
  readonly apiRequestsPerWindow: number;
  readonly apiWindowSeconds: number;
  /** How many requests without a valid signature are answered per second: of one address, and of all. */
  readonly unsignedRequestsPerAddress: number;
  readonly unsignedRequestsPerSecond: number;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may read answers, in the same forms as an app's origins. `*` allows every origin, an empty list none. */
  readonly corsOrigins: readonly string[];
  readonly corsMethods: readonly string[];
  readonly corsHeaders: readonly string[];
  /** Whether such pages may send credentials. */
  readonly corsCredentials: boolean;
  /** Whether `GET /usage` is answered. */
  readonly usageEnabled: boolean;
  /** How full the memory may be, from 1 to 100, before `GET /accept-traffic` refuses. */
  readonly acceptTrafficMemoryThresholdPercent: number;
  /** The maximum length of an idempotency key. */
  readonly idempotencyMaxKeyLength: number;
  /** The maximum number of idempotency keys of one app, and the maximum memory for them and their answers. */
  readonly idempotencyMaxKeys: number;
  readonly idempotencyMaxBytes: number;
}

// Sockudo gives a fraction, soketi a percentage.
const PERCENTAGE: Scalar<number> = scalar(
  "a percentage above 1 and up to 100, or a fraction such as 0.85",
  (value) => {
    const isNumber = typeof value === "number" || /^\d+(\.\d+)?$/.test(String(value));
    const number = isNumber ? Number(value) : Number.NaN;
    if (number > 1 && number <= 100) return number;
    return number > 0 && number <= 1 ? Math.round(number * 10_000) / 100 : undefined;
  },
  (value) => (value > 1 ? value : value / 100),
);

/** The rows of `HttpConfig`. */
export const HTTP_OPTIONS: Table<HttpConfig> = {
  httpRequestLimitBytes: {
    path: "http_api.request_limit_in_mb",
    kind: size("MB", 1024),
    default: 10_485_760,
    env: ["FANWIRE_HTTP_API_REQUEST_LIMIT_IN_MB"],
    doc: "The largest body of an HTTP request. A larger one is answered with 413.",
  },
  apiRequestsPerWindow: {
    path: "rate_limiter.api_rate_limit.max_requests",
    kind: whole({ min: 1, max: 1_000_000_000 }),
    default: 100,
    env: ["FANWIRE_RATE_LIMITER_API_MAX_REQUESTS"],
    doc: "Requests of one client address to the HTTP API in a window, while `rate_limiter.enabled`. More is answered with 429. With `workers` each of them counts what reaches it: a connection stays with one of them.",
  },
  apiWindowSeconds: {
    path: "rate_limiter.api_rate_limit.window_seconds",
    kind: whole({ min: 1, max: 86_400, unit: "seconds" }),
    default: 60,
    env: ["FANWIRE_RATE_LIMITER_API_WINDOW_SECONDS"],
    doc: "The length of that window.",
  },
  unsignedRequestsPerAddress: {
    path: "http_api.max_unsigned_requests_per_address",
    kind: limit([0, -1]),
    default: 250,
    env: ["FANWIRE_HTTP_API_MAX_UNSIGNED_REQUESTS_PER_ADDRESS"],
    doc: "Requests a second of one client address that are answered though no app has signed them: health, files for browsers, what the API refuses. Those above are answered with 429 and their connection ends. An IPv6 client counts by its network of 64 bits. Behind a proxy this needs `trusted_proxies`.",
  },
  unsignedRequestsPerSecond: {
    path: "http_api.max_unsigned_requests_per_second",
    kind: limit([0, -1]),
    default: 500,
    env: ["FANWIRE_HTTP_API_MAX_UNSIGNED_REQUESTS_PER_SECOND"],
    doc: "Such requests a second over all addresses, of each process. Whatever others do, an address has 20 of them.",
  },
  trustedProxies: {
    path: "trusted_proxies",
    kind: NETWORKS,
    default: [],
    env: ["FANWIRE_TRUSTED_PROXIES"],
    doc: "The proxies whose `X-Forwarded-For` is believed. Empty is none: then a client's address is that of the connection.",
  },
  corsOrigins: {
    path: "cors.origin",
    kind: ORIGINS,
    default: ["*"],
    env: ["FANWIRE_CORS_ORIGIN"],
    doc: "The origins whose pages may read the answers of the HTTP API. Empty is none, `*` in the list is every origin.",
  },
  corsMethods: {
    path: "cors.methods",
    kind: METHODS,
    default: ["GET", "POST", "OPTIONS"],
    env: ["FANWIRE_CORS_METHODS"],
    doc: "The methods that such pages may use.",
  },
  corsHeaders: {
    path: "cors.allowed_headers",
    kind: HEADER_NAMES,
    default: ["Authorization", "Content-Type", "X-Requested-With", "Accept", "X-Idempotency-Key"],
    env: ["FANWIRE_CORS_ALLOWED_HEADERS"],
    doc: "The headers that such pages may send.",
  },
  corsCredentials: {
    path: "cors.credentials",
    kind: flag(),
    default: false,
    env: ["FANWIRE_CORS_CREDENTIALS"],
    doc: "Whether such pages may send credentials. No request of the Pusher protocol needs them.",
  },
  usageEnabled: {
    path: "http_api.usage_enabled",
    kind: flag(),
    default: true,
    env: ["FANWIRE_HTTP_API_USAGE_ENABLED"],
    doc: "Whether `GET /usage` tells how much memory is in use.",
  },
  acceptTrafficMemoryThresholdPercent: {
    path: "http_api.accept_traffic.memory_threshold",
    kind: PERCENTAGE,
    default: 85,
    env: ["FANWIRE_HTTP_API_ACCEPT_TRAFFIC_MEMORY_THRESHOLD"],
    doc: "How full the memory may be before `GET /accept-traffic` tells a load balancer to send new connections elsewhere. 100 never does.",
  },
  idempotencyMaxKeyLength: {
    path: "idempotency.max_key_length",
    kind: whole({ min: 1, max: 1024, unit: "characters" }),
    default: 128,
    env: ["FANWIRE_IDEMPOTENCY_MAX_KEY_LENGTH"],
    doc: "Characters of an idempotency key. A longer one is answered with 400.",
  },
  idempotencyMaxKeys: {
    path: "idempotency.max_keys",
    kind: whole({ min: 1, max: 100_000_000 }),
    default: 100_000,
    env: ["FANWIRE_IDEMPOTENCY_MAX_KEYS"],
    doc: "Idempotency keys of one app that are remembered at once. With one more the oldest is forgotten before its time; that is counted and logged.",
  },
  idempotencyMaxBytes: {
    path: "idempotency.max_memory_in_mb",
    kind: size("MB", 65_536),
    default: 33_554_432,
    env: ["FANWIRE_IDEMPOTENCY_MAX_MEMORY_IN_MB"],
    doc: "What these keys of one app may take with their answers. Beyond that the oldest are forgotten as well.",
  },
};
