// A metric is a name and a function that reads its values at each scrape. Nothing is pushed into a
// metric: counters are kept where things happen, and gauges are calculated from present state.

/** One value of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** For a histogram, the name of the series; for example `latency_ms_bucket`. */
  readonly metricName?: string;
}

/** A metric. Names are unique and follow Prometheus' conventions, as `_total` for counters. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** How the values of several processes are merged. */
  readonly aggregator: "sum" | "max" | "min" | "average";
  /** Reads the present values. If it throws, only this metric is missing from the response. */
  readonly read: () => readonly Sample[];
}

/** All values of a process at one moment, as plain data that can be sent to another process. */
export type Snapshot = readonly MetricValues[];

/** A metric and its values. */
export interface MetricValues extends Omit<Metric, "read"> {
  readonly values: readonly Sample[];
}

/**
 * Reads every metric in one synchronous step, so that the figures are consistent. Values that are not
 * finite are left out, and so are metrics without values; `report` is called for a metric that throws.
 */
export function takeSnapshot(
  metrics: readonly Metric[],
  report: (metricName: string, error: unknown) => void,
): Snapshot {
  const snapshot: MetricValues[] = [];
  for (const { read, ...metric } of metrics) {
    try {
      const values = read().filter(({ value }) => Number.isFinite(value));
      if (values.length > 0) snapshot.push({ ...metric, values });
    } catch (error) {
      // When descriptors have run out, process figures cannot be read, and the other figures matter most.
      report(metric.name, error);
    }
  }
  return snapshot;
}
