// Histograms of how long publishing takes, with fixed buckets, one for each app. An observation is made
// for every publish, so it only searches a short table and adds; it allocates nothing.

/** Upper bounds of the buckets in milliseconds, inclusive. Those of `BROADCAST_BOUNDS_MS` are among them. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** The bounds of Sockudo's `broadcast_latency_ms`. */
export const BROADCAST_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000,
];

/** Counts durations by bucket. */
export class Histogram {
  readonly #bounds = Float64Array.from(LATENCY_BOUNDS_MS);
  /** By bucket. The last one is for durations above all bounds. */
  readonly #counts = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
  #sumMs = 0;

  /** Counts a duration. A negative one, after the clock was set back, counts as 0. */
  observe(ms: number): void {
    const durationMs = ms > 0 ? ms : 0;
    const bounds = this.#bounds;
    let bucket = 0;
    // Linear, because most publishes take a fraction of a millisecond: the search ends after a few steps.
    while (bucket < bounds.length && durationMs > (bounds[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += durationMs;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The number of durations up to the bound, which must be one of `LATENCY_BOUNDS_MS`. */
  countUpTo(boundMs: number): number {
    const end = this.#bounds.indexOf(boundMs) + 1;
    return this.#counts.subarray(0, end).reduce((sum, count) => sum + count, 0);
  }
}

/** A histogram for each app that has published. */
export class PublishLatency {
  readonly #histograms = new Map<string, Histogram>();

  /** Counts the time from the arrival of a request until its last frame was handed to the runtime. */
  observe(appId: string, ms: number): void {
    let histogram = this.#histograms.get(appId);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.#histograms.set(appId, histogram);
    }
    histogram.observe(ms);
  }

  /** By app id. */
  get histograms(): ReadonlyMap<string, Histogram> {
    return this.#histograms;
  }
}
