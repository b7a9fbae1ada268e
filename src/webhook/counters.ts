// The counters of webhooks: plain numbers that only grow. The present length of the queues is not
// counted here but read from the outboxes. When nothing is queued any more, queued events = delivered +
// dead-lettered + dropped + withdrawn events.
import type { WebhookEvent } from "../protocol/app.ts";

/** How an attempt ended. The first four are classes of HTTP status; `refused` means that nothing was sent because the address is not allowed. */
export type OutcomeName = "2xx" | "3xx" | "4xx" | "5xx" | "timeout" | "network" | "dns" | "refused";

/** The counters of one process. A delivery is one POST with one event, or with several when they are batched. */
export class WebhookCounters {
  /** Deliveries handed to the queue. */
  queued = 0;
  /** Events that came in for an endpoint, whatever became of them. */
  queuedEvents = 0;
  /** Deliveries that an endpoint accepted, and their events. */
  delivered = 0;
  deliveredEvents = 0;
  /** Attempts that failed. */
  failedAttempts = 0;
  /** Attempts after a delivery's first. */
  retries = 0;
  /** Deliveries given up, and their events. */
  deadLettered = 0;
  deadLetteredEvents = 0;
  /** Events that were cancelled or replaced before they were sent, and the events that cancelled them. */
  withdrawnEvents = 0;
  /** Events for which there was no room, that came after the end, or that could not be signed. */
  droppedEvents = 0;
  readonly droppedByKind: Map<WebhookEvent, number> = new Map();
  /** Pairs of a join and a leave that cancelled out: back within the leave delay, or gone before any endpoint was told of the join. */
  cancelled = 0;
  /** Total time of all attempts. */
  attemptMs = 0;
  /** Attempts by outcome. */
  readonly outcomes: Map<OutcomeName, number> = new Map();

  /** Attempts that have ended. */
  get attempts(): number {
    return this.delivered + this.failedAttempts;
  }

  /** Counts a dropped event. */
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
