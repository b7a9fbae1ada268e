// The metrics of a node that has joined others. A node that runs alone has none of them.
import type { Naming } from "./app-metrics.ts";
import type { ClusterFigures } from "./figures.ts";
import type { Metric } from "./metric.ts";

/** Makes them. */
export function clusterMetrics(
  { prefix, port }: Naming,
  cluster: () => ClusterFigures,
): readonly Metric[] {
  const metric = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    value: (figures: ClusterFigures) => number,
  ): Metric => ({
    name: `${prefix}cluster_${name}`,
    help,
    type,
    aggregator: "sum",
    read: () => [{ labels: { port: String(port) }, value: value(cluster()) }],
  });
  return [
    metric("gauge", "connected", "1 while the broker can be reached", (figures) =>
      Number(figures.isConnected),
    ),
    metric("gauge", "peers", "Other nodes that are heard", (figures) => figures.peerCount),
    metric(
      "gauge",
      "unreachable_peers",
      "Other nodes that live but cannot be reached; what they have told stays",
      (figures) => figures.unreachableCount,
    ),
    metric(
      "gauge",
      "settled",
      "1 while all nodes that are heard have sent what this one owns",
      (figures) => Number(figures.isSettled),
    ),
    metric("gauge", "topics", "Topics of channels that are joined", (figures) => figures.topics),
    metric(
      "gauge",
      "keys",
      "Channels, users and apps of which this node knows who is where",
      (figures) => figures.keys,
    ),
    metric(
      "counter",
      "messages_received_total",
      "Messages of other nodes",
      (figures) => figures.received,
    ),
    metric("counter", "messages_sent_total", "Messages to other nodes", (figures) => figures.sent),
    metric(
      "counter",
      "messages_unknown_total",
      "Messages that were malformed or of an unknown version",
      (figures) => figures.unknown,
    ),
    metric(
      "counter",
      "bus_losses_total",
      "Times at which the broker was lost",
      (figures) => figures.losses,
    ),
    metric(
      "counter",
      "pulls_total",
      "Times at which other nodes were asked for publications that were missed",
      (figures) => figures.pulls,
    ),
    metric(
      "counter",
      "duplicates_total",
      "Publications that came twice and were dropped",
      (figures) => figures.duplicates,
    ),
    metric(
      "counter",
      "missed_total",
      "Publications that were missed and could not be had any more, at most",
      (figures) => figures.missed,
    ),
    metric(
      "counter",
      "unsent_total",
      "Publications that were dropped before the broker had them",
      (figures) => figures.unsent,
    ),
    metric(
      "counter",
      "partial_answers_total",
      "Answers of the API in which something of other nodes may be missing",
      (figures) => figures.partialAnswers,
    ),
  ];
}
