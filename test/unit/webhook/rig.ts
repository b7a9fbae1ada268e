// Webhooks with a queue in memory, for tests. Ports are real unless a test replaces them.
import type { App, WebhookEndpoint } from "../../../src/protocol/app.ts";
import { systemClock } from "../../../src/queue/clock.ts";
import { MemoryQueue } from "../../../src/queue/memory.ts";
import type { Delivery } from "../../../src/webhook/delivery.ts";
import { allowance, systemResolve } from "../../../src/webhook/destination.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../../src/webhook/retry.ts";
import {
  DEFAULT_WEBHOOK_OPTIONS,
  type WebhookOptions,
  type WebhookPorts,
  Webhooks,
} from "../../../src/webhook/webhooks.ts";
import { testApp } from "../../doubles/app.ts";

/** Parts that a test may replace. */
export interface RigChanges {
  readonly options?: Partial<WebhookOptions>;
  readonly retry?: Partial<RetryPolicy>;
  readonly ports?: Partial<WebhookPorts>;
}

/** Webhooks that may send to this machine. */
export function rig({ options, retry, ports }: RigChanges = {}): Webhooks {
  const clock = ports?.clock ?? systemClock;
  return new Webhooks(
    {
      ...DEFAULT_WEBHOOK_OPTIONS,
      allowed: allowance(["127.0.0.0/8"], false),
      retry: { ...DEFAULT_RETRY, initialBackoffMs: 5, maxBackoffMs: 20, ...retry },
      ...options,
    },
    {
      queue: new MemoryQueue<Delivery>(clock),
      clock,
      fetch,
      resolve: systemResolve,
      random: () => 1,
      newId: () => crypto.randomUUID(),
      changed: () => undefined,
      ...ports,
    },
  );
}

/** An endpoint for all events; the given properties replace the defaults. */
export function endpoint(url: string, given: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    url,
    events: [],
    filter: { prefix: null, suffix: null, pattern: null },
    headers: [],
    ...given,
  };
}

/** An app with these endpoints. */
export function appWith(...webhooks: readonly WebhookEndpoint[]): App {
  return testApp({ webhooks });
}

/** Waits until the condition holds, for at most five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`Not in time: ${holds.toString()}`);
    await Bun.sleep(2);
  }
}
