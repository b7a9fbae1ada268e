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

  /** Null when the app may make the request, which is then counted. */
  take(app: App, method: string): Fault | null {
    const { maxApiEventsPerSecond, maxApiReadsPerSecond } = app.limits;
    if (maxApiEventsPerSecond === Infinity && maxApiReadsPerSecond === Infinity) return null;
    const nowMs = this.#nowMs();
    const buckets = this.#bucketsOf(app, nowMs);
    if (method === "GET")
      return buckets.reads.take(nowMs) ? null : REJECT.tooManyReads(maxApiReadsPerSecond);
    return buckets.events.take(nowMs) ? null : REJECT.tooManyEvents(maxApiEventsPerSecond);
  }

  #bucketsOf({ id, limits }: App, nowMs: number): Buckets {
    let buckets = this.#apps.get(id);
    if (buckets === undefined) {
      buckets = {
        events: new TokenBucket(limits.maxApiEventsPerSecond, nowMs),
        reads: new TokenBucket(limits.maxApiReadsPerSecond, nowMs),
      };
      this.#apps.set(id, buckets);
    }
    return buckets;
  }
}
