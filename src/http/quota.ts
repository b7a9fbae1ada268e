// How often an app may call the API: events published and questions asked, a second each.
import type { App } from "../protocol/app.ts";
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";

interface Buckets {
  readonly events: TokenBucket;
  readonly reads: TokenBucket;
}

/** The allowance of each app. */
export class ApiQuota {
  readonly #nowMs: () => number;
  readonly #apps = new Map<string, Buckets>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Null when the app may ask one more question, which is then counted. */
  takeRead(app: App): Fault | null {
    const { maxApiReadsPerSecond } = app.limits;
    if (maxApiReadsPerSecond === Infinity) return null;
    const nowMs = this.#nowMs();
    const { reads } = this.#bucketsOf(app, nowMs);
    return reads.withRate(maxApiReadsPerSecond, nowMs).take(nowMs)
      ? null
      : REJECT.tooManyReads(maxApiReadsPerSecond);
  }

  /** Null when the app may publish so many events, which are then counted. A batch counts by its events, and is not refused for being large. */
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
