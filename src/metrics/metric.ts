// What a metric is here: a name and a way to read its values when somebody asks. Nothing is pushed
// into a metric: what grows is counted where it happens, what is gets measured when it is read.

/** One value of a metric, with the labels that tell it from the others. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The series of a histogram that this is, for example `latency_ms_bucket`. */
  readonly metricName?: string;
}

/** A metric. Names are unique and end as Prometheus has it: `_total` for what only grows. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** How the values of several processes become one. */
  readonly aggregator: "sum" | "max" | "min" | "average";
  /** The values of this moment. May throw: then the metric is missing in this answer, and the others are not. */
  readonly read: () => readonly Sample[];
}

/** The values of a process at one moment, as plain data that can be sent to another process. */
export type Snapshot = readonly MetricValues[];

/** A metric and its values. */
export interface MetricValues extends Omit<Metric, "read"> {
  readonly values: readonly Sample[];
}

/**
 * Reads every metric in one synchronous step, so that the figures fit one another. A metric without
 * a value, or with one that is no finite number, is left out; `report` is told of one that throws.
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
      // Without a free descriptor the system answers no question about the process: then the other figures matter most.
      report(metric.name, error);
    }
  }
  return snapshot;
}
