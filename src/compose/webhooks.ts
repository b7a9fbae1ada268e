// The webhooks of a node, from the configuration.
import { randomUUID } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { systemClock } from "../queue/clock.ts";
import type { Queue } from "../queue/queue.ts";
import type { ConditionChange } from "../webhook/conditions.ts";
import type { Delivery } from "../webhook/delivery.ts";
import { allowance, systemResolve } from "../webhook/destination.ts";
import { DEFAULT_WEBHOOK_OPTIONS, Webhooks } from "../webhook/webhooks.ts";

/** Makes them. */
export function makeWebhooks(
  config: Config,
  queue: Queue<Delivery>,
  { version, log }: { readonly version: string; readonly log: Log },
): Webhooks {
  return new Webhooks(
    {
      ...DEFAULT_WEBHOOK_OPTIONS,
      batching: config.webhookBatchingEnabled
        ? { windowMs: config.webhookBatchMs, maxEvents: config.webhookBatchEvents }
        : null,
      retry: {
        maxAttempts: config.webhookRetryEnabled ? config.webhookRetryMaxAttempts : 1,
        maxElapsedMs: config.webhookRetryMaxElapsedMs,
        initialBackoffMs: config.webhookRetryInitialMs,
        maxBackoffMs: config.webhookRetryMaxMs,
      },
      requestTimeoutMs: config.webhookRequestTimeoutMs,
      allowed: allowance([], config.webhookAllowPrivateAddresses),
      userAgent: `Fanwire-Webhooks/${version}`,
    },
    {
      queue,
      clock: systemClock,
      fetch: (url, init) => fetch(url, init),
      resolve: systemResolve,
      random: Math.random,
      newId: randomUUID,
      changed: (change) => logCondition(log, change),
    },
  );
}

/** Returns what logs how many events were dropped since its last call, because their endpoint is too slow. */
export function droppedLog(webhooks: Webhooks, log: Log): () => void {
  let logged = 0;
  return () => {
    const { droppedEvents } = webhooks.counters;
    if (droppedEvents > logged)
      log.once("webhooks dropped", "webhooks dropped", { events: droppedEvents - logged });
    logged = droppedEvents;
  };
}

function logCondition(log: Log, { condition, appId, url, reason, afterMs }: ConditionChange): void {
  const endpoint = { app: appId, url };
  if (condition === "failing") log.warn("webhook endpoint fails", { ...endpoint, reason });
  else if (condition === "refused") log.warn("webhook endpoint refused", { ...endpoint, reason });
  else log.info("webhook endpoint works again", { ...endpoint, after_ms: afterMs });
}
