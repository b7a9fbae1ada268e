// What keeps the sums of several processes from falling when one of them ends: a counter that falls looks to Prometheus
// as if everything had been counted anew.
import type { MetricValues, Sample, Snapshot } from "./metric.ts";

/** The metrics of a snapshot that only grow. */
export function countersOf(snapshot: Snapshot): Snapshot {
  return snapshot.filter(({ type }) => type !== "gauge");
}

/** The counters of processes that have ended, summed up. */
export class FormerCounters {
  readonly #metrics = new Map<string, Omit<MetricValues, "values">>();
  readonly #samples = new Map<string, Map<string, Sample>>();

  /** Adds the counters that a process had at its end. */
  add(snapshot: Snapshot): void {
    for (const { values, ...metric } of countersOf(snapshot)) {
      this.#metrics.set(metric.name, metric);
      const samples = this.#samples.getOrInsertComputed(metric.name, () => new Map());
      for (const sample of values) {
        // A metric writes its labels in the same order always.
        const key = JSON.stringify([sample.metricName, sample.labels]);
        const value = (samples.get(key)?.value ?? 0) + sample.value;
        samples.set(key, { ...sample, value });
      }
    }
  }

  get snapshot(): Snapshot {
    return this.#metrics
      .entries()
      .map(([name, metric]) => ({
        ...metric,
        values: [...(this.#samples.get(name)?.values() ?? [])],
      }))
      .toArray();
  }
}
