// What is counted of webhooks. Plain numbers that only grow; what waits now is asked of the queue.

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
  /** Deliveries that were handed to the queue, and their events. */
  queued = 0;
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
  /** Deliveries that had no room in the queue, came after it had stopped or could not be signed, and their events. */
  dropped = 0;
  droppedEvents = 0;
  /** Pairs of leaving and coming back within the grace, of which nothing was told. */
  cancelled = 0;
  /** Time of all attempts together. */
  attemptMs = 0;
  /** Attempts by outcome. */
  readonly outcomes: Map<OutcomeName, number> = new Map();

  /** All attempts that have ended. */
  get attempts(): number {
    return this.delivered + this.failedAttempts;
  }

  /** Counts how an attempt ended. */
  ended(outcome: OutcomeName, durationMs: number): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.attemptMs += durationMs;
  }
}
