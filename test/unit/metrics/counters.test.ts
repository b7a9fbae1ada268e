import { expect, test } from "bun:test";
import { countersOf, FormerCounters } from "../../../src/metrics/counters.ts";
import { exposition } from "../../../src/metrics/exposition.ts";
import type { MetricValues, Sample, Snapshot } from "../../../src/metrics/metric.ts";

function metric(name: string, type: MetricValues["type"], ...values: Sample[]): MetricValues {
  return { name, help: name, type, aggregator: "sum", values };
}

function snapshotOf(sent: number, open: number, seconds: number): Snapshot {
  return [
    metric("sent_total", "counter", { labels: { app: "1" }, value: sent }),
    metric("open", "gauge", { labels: {}, value: open }),
    metric(
      "took",
      "histogram",
      { labels: { le: "+Inf" }, value: sent, metricName: "took_bucket" },
      { labels: {}, value: seconds, metricName: "took_sum" },
      { labels: {}, value: sent, metricName: "took_count" },
    ),
  ];
}

test("what processes that have ended had counted is part of the sums, what they had is not", async () => {
  const former = new FormerCounters();
  former.add(snapshotOf(5, 3, 0.5));
  former.add(snapshotOf(7, 4, 0.25));
  former.add([metric("sent_total", "counter", { labels: { app: "2" }, value: 1 })]);
  const text = await exposition(async () => [former.snapshot, snapshotOf(1, 2, 1)]).text();
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(samples).toEqual([
    'sent_total{app="1"} 13',
    'sent_total{app="2"} 1',
    'took_bucket{le="+Inf"} 13',
    "took_sum 1.75",
    "took_count 13",
    "open 2",
  ]);
});

test("counters and histograms only grow, gauges do not", () => {
  expect(countersOf(snapshotOf(1, 2, 3)).map(({ name }) => name)).toEqual(["sent_total", "took"]);
});
