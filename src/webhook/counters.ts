// What is counted of webhooks. Plain numbers that only grow; what waits now is asked of the outboxes.
// Once all has been sent, the events that were queued are those that were delivered, dead-lettered,
// dropped or withdrawn.
import type { WebhookEvent } from "../protocol/app.ts";

/** How an attempt ended. The first four are classes of HTTP status; what is refused is not sent. */
export type OutcomeName = "2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "network" | "dns" | "refused";

/** All of them, so that a metric can be shown before the first. */
export const OUTCOME_NAMES: readonly OutcomeName[] = [
  "2xx",
  "3xx",
  "4xx",
  "5xx",
  "timeout",
  "network",
  "dns",
  "refused",
];

/** The counters of one process. A delivery is one POST with one event, or with several when they are batched. */
export class WebhookCounters {
  /** Deliveries that were handed to the queue. */
  queued = 0;
  /** Events that were to be told to an endpoint. */
  queuedEvents = 0;
  /** Deliveries that an endpoint took, and their events. */
  delivered = 0;
  deliveredEvents = 0;
  /** Attempts that failed. */
  failedAttempts = 0;
  /** Attempts after a delivery's first. */
  retries = 0;
  /** Deliveries that were given up, and their events. */
  deadLettered = 0;
  deadLetteredEvents = 0;
  /** Events that were undone or replaced by another before they were sent, and those that undid them. */
  withdrawnEvents = 0;
  /** Events that found no room, came after the end or could not be signed. */
  droppedEvents = 0;
  readonly droppedByKind: Map<WebhookEvent, number> = new Map();
  /** Pairs of coming and leaving of which nobody was told: back within the grace, or gone before anybody was told of it. */
  cancelled = 0;
  /** Time of all attempts together. */
  attemptMs = 0;
  /** Attempts by outcome. */
  readonly outcomes: Map<OutcomeName, number> = new Map();

  /** All attempts that have ended. */
  get attempts(): number {
    return this.delivered + this.failedAttempts;
  }

  /** Counts an event that is dropped. */
  drop(kind: WebhookEvent): void {
    this.droppedEvents++;
    this.droppedByKind.set(kind, (this.droppedByKind.get(kind) ?? 0) + 1);
  }

  /** Counts how an attempt ended. */
  ended(outcome: OutcomeName, durationMs: number): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.attemptMs += durationMs;
  }
}
