// The options of sending webhooks. Their addresses are options of the apps.

import { flag, limit, whole } from "../kinds.ts";
import type { Table } from "../table.ts";

/** How webhooks are sent. */
export interface WebhookConfig {
  /** Whether several events are sent in one request. */
  readonly webhookBatchingEnabled: boolean;
  /** How long an event waits for others. */
  readonly webhookBatchMs: number;
  /** The maximum number of events in one request. */
  readonly webhookBatchEvents: number;
  /** Whether failed requests are retried. */
  readonly webhookRetryEnabled: boolean;
  /** How long a request is retried, from the first attempt on. */
  readonly webhookRetryMaxElapsedMs: number;
  /** The wait before the second attempt. Each further wait is longer. */
  readonly webhookRetryInitialMs: number;
  /** The longest wait. */
  readonly webhookRetryMaxMs: number;
  /** The maximum number of attempts. With `Infinity` only the time is limited. */
  readonly webhookRetryMaxAttempts: number;
  /** The timeout of one request. */
  readonly webhookRequestTimeoutMs: number;
  /** Whether webhooks may be sent to addresses of private networks and of this machine. */
  readonly webhookAllowPrivateAddresses: boolean;
}

/** The rows of `WebhookConfig`. */
export const WEBHOOK_OPTIONS: Table<WebhookConfig> = {
  webhookBatchingEnabled: {
    path: "webhooks.batching.enabled",
    kind: flag(),
    default: true,
    env: ["FANWIRE_WEBHOOKS_BATCHING_ENABLED"],
    doc: "Whether webhook events wait a moment for others, to go in one request. An endpoint gets four requests at once at most, and one at a time about the same channel: without batching a slow one is soon behind.",
  },
  webhookBatchMs: {
    path: "webhooks.batching.duration",
    kind: whole({ min: 1, max: 60_000, unit: "milliseconds" }),
    default: 50,
    env: ["FANWIRE_WEBHOOKS_BATCHING_DURATION"],
    doc: "How long they wait.",
  },
  webhookBatchEvents: {
    path: "webhooks.batching.size",
    kind: whole({ min: 1, max: 10_000 }),
    default: 100,
    env: ["FANWIRE_WEBHOOKS_BATCHING_SIZE"],
    doc: "How many go in one request at most.",
  },
  webhookRetryEnabled: {
    path: "webhooks.retry.enabled",
    kind: flag(),
    default: true,
    env: ["FANWIRE_WEBHOOKS_RETRY_ENABLED"],
    doc: "Whether a webhook request that failed is sent again.",
  },
  webhookRetryMaxElapsedMs: {
    path: "webhooks.retry.max_elapsed_time_ms",
    kind: whole({ min: 0, max: 86_400_000, unit: "milliseconds" }),
    default: 300_000,
    env: ["FANWIRE_WEBHOOKS_RETRY_MAX_ELAPSED_TIME_MS"],
    doc: "How long it is sent again, from the first attempt on.",
  },
  webhookRetryInitialMs: {
    path: "webhooks.retry.initial_backoff_ms",
    kind: whole({ min: 1, max: 3_600_000, unit: "milliseconds" }),
    default: 1000,
    env: ["FANWIRE_WEBHOOKS_RETRY_INITIAL_BACKOFF_MS"],
    doc: "The wait before the second attempt. Each further wait is longer.",
  },
  webhookRetryMaxMs: {
    path: "webhooks.retry.max_backoff_ms",
    kind: whole({ min: 1, max: 3_600_000, unit: "milliseconds" }),
    default: 60_000,
    env: ["FANWIRE_WEBHOOKS_RETRY_MAX_BACKOFF_MS"],
    doc: "The longest wait.",
  },
  webhookRetryMaxAttempts: {
    path: "webhooks.retry.max_attempts",
    kind: limit([0, -1]),
    default: Infinity,
    env: ["FANWIRE_WEBHOOKS_RETRY_MAX_ATTEMPTS"],
    doc: "How often it is sent in all.",
  },
  webhookRequestTimeoutMs: {
    path: "webhooks.request_timeout_ms",
    kind: whole({ min: 100, max: 600_000, unit: "milliseconds" }),
    default: 10_000,
    env: ["FANWIRE_WEBHOOKS_REQUEST_TIMEOUT_MS"],
    doc: "How long one webhook request may take.",
  },
  webhookAllowPrivateAddresses: {
    path: "webhooks.allow_private_addresses",
    kind: flag(),
    default: false,
    env: ["FANWIRE_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES"],
    doc: "Whether webhooks may go to addresses of private networks and of this machine; else they are refused, with a line in the log for each of their addresses. Where others may set an app's webhooks, true lets them reach what is behind the server.",
  },
};
