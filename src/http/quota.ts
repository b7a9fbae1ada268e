// The rate limits of an app's API requests: events published and reads, each per second.
import type { App } from "../protocol/app.ts";
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";

interface Buckets {
  readonly events: TokenBucket;
  readonly reads: TokenBucket;
}

/** The rate limits of all apps. */
export class ApiQuota {
  readonly #nowMs: () => number;
  readonly #apps = new Map<string, Buckets>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts one more read. Returns null, or the fault if it is over the limit; then it is not counted. */
  takeRead(app: App): Fault | null {
    const { maxApiReadsPerSecond } = app.limits;
    if (maxApiReadsPerSecond === Infinity) return null;
    const nowMs = this.#nowMs();
    const { reads } = this.#bucketsOf(app, nowMs);
    return reads.withRate(maxApiReadsPerSecond, nowMs).take(nowMs)
      ? null
      : REJECT.tooManyReads(maxApiReadsPerSecond);
  }

  /**
   * Counts that many published events. Returns null, or the fault if they are over the limit; then they are not
   * counted. A batch counts as its events, and is not refused just for being larger than what is left.
   */
  takeEvents(app: App, count: number): Fault | null {
    const { maxApiEventsPerSecond } = app.limits;
    if (maxApiEventsPerSecond === Infinity) return null;
    const nowMs = this.#nowMs();
    const { events } = this.#bucketsOf(app, nowMs);
    return events.withRate(maxApiEventsPerSecond, nowMs).take(nowMs, count)
      ? null
      : REJECT.tooManyEvents(maxApiEventsPerSecond);
  }

  #bucketsOf({ id, limits }: App, nowMs: number): Buckets {
    return this.#apps.getOrInsertComputed(id, () => ({
      events: new TokenBucket(limits.maxApiEventsPerSecond, nowMs),
      reads: new TokenBucket(limits.maxApiReadsPerSecond, nowMs),
    }));
  }
}
