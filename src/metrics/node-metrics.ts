// The metrics of a node besides the counters of its apps: latency, event loop, webhooks. Also the list
// of all metrics, which is fixed when the node starts.
import { appMetrics, type Naming } from "./app-metrics.ts";
import { clusterMetrics } from "./cluster-metrics.ts";
import type { NodeFigures, WebhookFigures } from "./figures.ts";
import {
  BROADCAST_BOUNDS_MS,
  type Histogram,
  LATENCY_BOUNDS_MS,
  type PublishLatency,
} from "./histogram.ts";
import type { LoopLag } from "./loop-lag.ts";
import type { Metric, Sample } from "./metric.ts";
import { processMetrics } from "./process.ts";

/** What metrics need to know of the process. */
export interface MetricsOptions extends Naming {
  /** The versions of this program and of its runtime. */
  readonly version: string;
  readonly runtime: string;
  /** How many files the process may open; `Infinity` for no limit. */
  readonly openFileLimit: number;
}

const PREFIX = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** All metrics of a node. Throws when the prefix is not valid in a metric name. */
export function nodeMetrics(options: MetricsOptions, node: NodeFigures): readonly Metric[] {
  const { prefix } = options;
  if (prefix !== "" && !PREFIX.test(prefix))
    throw new Error(
      `Cannot use metrics prefix "${prefix}": it must consist of letters, digits, _ and :, and not begin with a digit`,
    );
  return [
    buildInfo(options),
    ...appMetrics(options, node),
    refusedHeld(options, node),
    ...latencyMetrics(options, node.publishLatency),
    ...(node.webhooks === null ? [] : webhookMetrics(options, node.webhooks)),
    ...(node.cluster === null ? [] : clusterMetrics(options, node.cluster)),
    ...lagMetrics(options, node.loopLag),
    ...processMetrics(prefix, options.openFileLimit),
  ];
}

/** A metric that is always 1 and exists for its labels. */
function buildInfo({ prefix, version, runtime }: MetricsOptions): Metric {
  return {
    name: `${prefix}build_info`,
    help: "The version of this program and of its runtime",
    type: "gauge",
    aggregator: "max",
    read: () => [{ labels: { version, runtime }, value: 1 }],
  };
}

function refusedHeld({ prefix, port }: Naming, node: NodeFigures): Metric {
  return {
    name: `${prefix}refused_connections_held`,
    help: "Connections refused by a close frame in the last four seconds, whose descriptors may be held still",
    type: "gauge",
    aggregator: "sum",
    read: () => [{ labels: { port: String(port) }, value: node.refusedHeld() }],
  };
}

/** The same measurement under two names: in fine buckets, and in Sockudo's. */
function latencyMetrics(naming: Naming, latency: PublishLatency): readonly Metric[] {
  return [
    histogram(naming, latency, {
      name: "publish_latency_ms",
      help: "Milliseconds from the arrival of a publish request to the handing over of its last frame",
      boundsMs: LATENCY_BOUNDS_MS,
    }),
    histogram(naming, latency, {
      name: "broadcast_latency_ms",
      help: "The same as publish_latency_ms in fewer buckets",
      boundsMs: BROADCAST_BOUNDS_MS,
    }),
  ];
}

interface Buckets {
  readonly name: string;
  readonly help: string;
  readonly boundsMs: readonly number[];
}

function histogram({ prefix, port }: Naming, latency: PublishLatency, buckets: Buckets): Metric {
  const name = prefix + buckets.name;
  return {
    name,
    help: buckets.help,
    type: "histogram",
    aggregator: "sum",
    read: () =>
      [...latency.histograms].flatMap(([appId, observed]) =>
        bucketsOf(name, { app_id: appId, port: String(port) }, observed, buckets.boundsMs),
      ),
  };
}

function bucketsOf(
  name: string,
  labels: Sample["labels"],
  observed: Histogram,
  boundsMs: readonly number[],
): readonly Sample[] {
  const buckets = boundsMs.map((boundMs) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: String(boundMs) },
    value: observed.countUpTo(boundMs),
  }));
  const { count, sumMs } = observed;
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: count },
    { metricName: `${name}_sum`, labels, value: sumMs },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

function webhookMetrics({ prefix, port }: Naming, webhooks: WebhookFigures): readonly Metric[] {
  const labels = { port: String(port) };
  const { counters } = webhooks;
  return [
    {
      name: `${prefix}webhook_deliveries_total`,
      help: "Webhooks by what became of them; one that is refused is given up, and counts as dead_letter too; dropped are single events",
      type: "counter",
      aggregator: "sum",
      read: () => [
        { labels: { ...labels, outcome: "delivered" }, value: counters.delivered },
        { labels: { ...labels, outcome: "retried" }, value: counters.retries },
        { labels: { ...labels, outcome: "dead_letter" }, value: counters.deadLettered },
        { labels: { ...labels, outcome: "dropped" }, value: counters.droppedEvents },
        {
          labels: { ...labels, outcome: "refused" },
          value: counters.outcomes.get("refused") ?? 0,
        },
      ],
    },
    {
      name: `${prefix}webhook_attempts_total`,
      help: "Attempts to send a webhook, by class of the answer's status or by what went wrong",
      type: "counter",
      aggregator: "sum",
      read: () =>
        [...counters.outcomes].map(([outcome, value]) => ({
          labels: { ...labels, outcome },
          value,
        })),
    },
    {
      name: `${prefix}webhook_dropped_events_total`,
      help: "Events of webhooks that were thrown away because there was no room for them, by name",
      type: "counter",
      aggregator: "sum",
      read: () =>
        [...counters.droppedByKind].map(([event, value]) => ({
          labels: { ...labels, event },
          value,
        })),
    },
    {
      name: `${prefix}webhook_withdrawn_events_total`,
      help: "Events of webhooks that another undid or replaced before they were sent",
      type: "counter",
      aggregator: "sum",
      read: () => [{ labels, value: counters.withdrawnEvents }],
    },
    {
      name: `${prefix}webhook_queue_depth`,
      help: "Events of webhooks that wait to be sent or are being sent",
      type: "gauge",
      aggregator: "sum",
      read: () => [{ labels, value: webhooks.depth }],
    },
  ];
}

function lagMetrics({ prefix, port }: Naming, loopLag: LoopLag): readonly Metric[] {
  const labels = { port: String(port) };
  // Both metrics must cover the same period, so reading the first one fetches the values for both.
  let meanMs = Number.NaN;
  return [
    {
      name: `${prefix}event_loop_lag_max_ms`,
      help: "The longest that the event loop kept a timer waiting since the last scrape",
      type: "gauge",
      aggregator: "max",
      read: () => {
        const lag = loopLag.take();
        meanMs = lag.meanMs;
        return [{ labels, value: lag.maxMs }];
      },
    },
    {
      name: `${prefix}event_loop_lag_mean_ms`,
      help: "How long the event loop kept timers waiting on average since the last scrape",
      type: "gauge",
      aggregator: "average",
      read: () => [{ labels, value: meanMs }],
    },
  ];
}
