// The metrics of a primary: its workers, the bus between them, and its own process. Those of the process have the names
// that workers use, so that the sums are of all processes.
import type { Metric } from "./metric.ts";
import { processMetrics } from "./process.ts";

/** What metrics read of a primary. */
export interface PrimaryFigures {
  /** Workers that serve clients now. */
  readonly workerCount: () => number;
  /** Workers that were started in place of others. */
  readonly restartCount: () => number;
  /** How often a worker did not say its figures in time. */
  readonly unansweredCount: () => number;
  /** Null without a router. */
  readonly router: (() => RouterTotals) | null;
}

/** What metrics read of the router of the local bus. */
export interface RouterTotals {
  readonly publications: number;
  readonly cutOff: number;
  readonly topics: number;
}

/** All metrics of a primary. */
export function primaryMetrics(
  prefix: string,
  openFileLimit: number,
  { workerCount, restartCount, unansweredCount, router }: PrimaryFigures,
): readonly Metric[] {
  const gauge = metric(prefix, "gauge");
  const counter = metric(prefix, "counter");
  return [
    gauge("workers", "Workers that serve clients", workerCount),
    counter("worker_restarts_total", "Workers that were started in place of others", restartCount),
    counter(
      "workers_unanswered_total",
      "How often the figures of a worker are missing here, because it did not answer in time",
      unansweredCount,
    ),
    ...(router === null
      ? []
      : [
          counter(
            "local_bus_publications_total",
            "Publications that workers sent to the bus between them",
            () => router().publications,
          ),
          counter(
            "local_bus_cut_off_total",
            "Workers that were disconnected from that bus, because they did not read",
            () => router().cutOff,
          ),
          gauge(
            "local_bus_topics",
            "Topics of that bus that workers have joined",
            () => router().topics,
          ),
        ]),
    ...processMetrics(prefix, openFileLimit),
  ];
}

function metric(
  prefix: string,
  type: "counter" | "gauge",
): (name: string, help: string, read: () => number) => Metric {
  return (name, help, read) => ({
    name: prefix + name,
    help,
    type,
    aggregator: "sum",
    read: () => [{ labels: {}, value: read() }],
  });
}
