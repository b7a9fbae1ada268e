// Latency, the event loop, webhooks, and metrics that cannot be read.
import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { exposition } from "../../../src/metrics/exposition.ts";
import {
  BROADCAST_BOUNDS_MS,
  Histogram,
  LATENCY_BOUNDS_MS,
  PublishLatency,
} from "../../../src/metrics/histogram.ts";
import { LoopLag } from "../../../src/metrics/loop-lag.ts";
import { type Metric, takeSnapshot } from "../../../src/metrics/metric.ts";
import { nodeMetrics } from "../../../src/metrics/node-metrics.ts";
import { readFamilies, valueOf } from "./families.ts";
import { emptyApp, scrape, TEST_METRICS, testNode } from "./node.ts";

test("Histogram counts a duration on a bound in the bucket of that bound, and each in all buckets above", () => {
  const histogram = new Histogram();
  for (const ms of [0.01, 0.011, 1, 1.5, 9999, 10_001]) histogram.observe(ms);
  expect(LATENCY_BOUNDS_MS.map((bound) => histogram.countUpTo(bound))).toEqual([
    1, 2, 2, 2, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5,
  ]);
  expect(histogram.count).toBe(6);
  expect(histogram.sumMs).toBeCloseTo(20_002.521, 6);
});

test.each([-1, Number.NaN, -0])("Histogram counts %p as 0", (ms) => {
  const histogram = new Histogram();
  histogram.observe(ms);
  expect([histogram.countUpTo(0.01), histogram.count, histogram.sumMs]).toEqual([1, 1, 0]);
});

test("publish_latency_ms and broadcast_latency_ms export one measurement with their own buckets", async () => {
  const publishLatency = new PublishLatency();
  for (const ms of [0.02, 0.3, 0.3, 7, 20_000]) publishLatency.observe("3", ms);
  publishLatency.observe("4", 1);
  const families = await scrape(testNode([], { publishLatency }));
  for (const [name, bounds] of [
    ["publish", LATENCY_BOUNDS_MS],
    ["broadcast", BROADCAST_BOUNDS_MS],
  ] as const) {
    const family = `fanwire_${name}_latency_ms`;
    const of = (suffix: string, labels = {}): number =>
      valueOf(families, family + suffix, { app_id: "3", port: "6001", ...labels });
    expect(families.get(family)?.type).toBe("histogram");
    const buckets = families
      .get(family)
      ?.series.filter(({ labels }) => labels["app_id"] === "3" && labels["le"] !== undefined);
    expect(buckets?.map(({ labels }) => labels["le"])).toEqual([...bounds.map(String), "+Inf"]);
    expect(of("_bucket", { le: "0.5" })).toBe(3);
    expect(of("_bucket", { le: "5000" })).toBe(4);
    expect(of("_bucket", { le: "+Inf" })).toBe(5);
    expect(of("_count")).toBe(5);
    expect(of("_sum")).toBeCloseTo(20_007.62, 6);
  }
  expect(valueOf(families, "fanwire_publish_latency_ms_bucket", { app_id: "3", le: "0.1" })).toBe(
    1,
  );
});

test("webhooks are exported by outcome, and not at all without webhooks", async () => {
  const outcomes = new Map([
    ["2xx", 9],
    ["timeout", 5],
    ["refused", 1],
  ]);
  const counters = {
    delivered: 9,
    retries: 4,
    deadLettered: 2,
    droppedEvents: 3,
    withdrawnEvents: 8,
    outcomes,
    droppedByKind: new Map([["cache_miss", 3]]),
  };
  const families = await scrape(testNode([], { webhooks: { counters, depth: 4 } }));
  const deliveries = { delivered: 9, retried: 4, dead_letter: 2, dropped: 3, refused: 1 };
  for (const [outcome, count] of Object.entries(deliveries))
    expect(valueOf(families, "fanwire_webhook_deliveries_total", { outcome })).toBe(count);
  for (const [outcome, count] of outcomes)
    expect(valueOf(families, "fanwire_webhook_attempts_total", { outcome })).toBe(count);
  const dropped = "fanwire_webhook_dropped_events_total";
  expect(valueOf(families, dropped, { event: "cache_miss" })).toBe(3);
  expect(valueOf(families, "fanwire_webhook_withdrawn_events_total")).toBe(8);
  expect(valueOf(families, "fanwire_webhook_queue_depth")).toBe(4);
  const without = await scrape(testNode([]));
  expect([...without.keys()].filter((name) => name.includes("webhook"))).toEqual([]);
});

test("LoopLag records how long the loop was blocked, until the figure is taken", async () => {
  const loopLag = new LoopLag(() => performance.now());
  try {
    await Bun.sleep(60);
    const endMs = performance.now() + 150;
    while (performance.now() < endMs);
    await Bun.sleep(60);
    const families = await scrape(testNode([], { loopLag }));
    const maxMs = valueOf(families, "fanwire_event_loop_lag_max_ms");
    const meanMs = valueOf(families, "fanwire_event_loop_lag_mean_ms");
    // The timer was due after at most 50 of the 150 ms.
    expect(maxMs).toBeGreaterThan(90);
    expect(meanMs).toBeGreaterThan(0);
    expect(meanMs).toBeLessThanOrEqual(maxMs);
    expect(loopLag.take()).toEqual({ maxMs: 0, meanMs: Number.NaN });
  } finally {
    loopLag.stop();
  }
});

test("process metrics have Prometheus' names", async () => {
  const families = await scrape(testNode([]), { openFileLimit: 4096 });
  const megabyte = 1_048_576;
  expect(valueOf(families, "process_resident_memory_bytes")).toBeGreaterThan(10 * megabyte);
  expect(valueOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(families.get("process_cpu_seconds_total")?.type).toBe("counter");
  expect(valueOf(families, "process_max_fds")).toBe(4096);
  const startSeconds = valueOf(families, "process_start_time_seconds");
  expect(Math.abs(startSeconds + process.uptime() - Date.now() / 1000)).toBeLessThan(5);
  expect(valueOf(families, "fanwire_heap_used_bytes")).toBeGreaterThan(megabyte);
});

test("process_open_fds follows what is open", async () => {
  const before = valueOf(await scrape(testNode([])), "process_open_fds");
  const files = [1, 2, 3].map(() => openSync("/dev/null", "r"));
  const during = valueOf(await scrape(testNode([])), "process_open_fds");
  for (const file of files) closeSync(file);
  expect(during - before).toBe(3);
});

test("an unlimited number of open files has no series", async () => {
  const families = await scrape(testNode([]), { openFileLimit: Infinity });
  expect(families.has("process_max_fds")).toBe(false);
});

test("build_info has the versions of the program and its runtime, once for all processes", async () => {
  const metrics = nodeMetrics({ ...TEST_METRICS, version: "1.2.3" }, testNode([]));
  const snapshot = takeSnapshot(metrics, raise);
  const families = readFamilies(
    await exposition(() => Promise.resolve([snapshot, snapshot])).text(),
  );
  const labels = { version: "1.2.3", runtime: "bun 1.4.5" };
  expect(families.get("fanwire_build_info")?.series).toEqual([
    { name: "fanwire_build_info", labels, value: 1 },
  ]);
});

test("a metric that cannot be read is omitted and reported, and the others are present", async () => {
  const broken = new Error("too many open files");
  const metrics = nodeMetrics(TEST_METRICS, testNode([emptyApp("3")])).map((metric): Metric =>
    metric.name === "process_resident_memory_bytes"
      ? { ...metric, read: () => raise(broken) }
      : metric,
  );
  const reports: unknown[] = [];
  const snapshot = takeSnapshot(metrics, (name, error) => reports.push([name, error]));
  const families = readFamilies(await exposition(() => Promise.resolve([snapshot])).text());
  expect(reports).toEqual([["process_resident_memory_bytes", broken]]);
  expect(families.has("process_resident_memory_bytes")).toBe(false);
  expect(valueOf(families, "fanwire_connected")).toBe(0);
  expect(families.has("process_cpu_seconds_total")).toBe(true);
});

test("a process without a free file descriptor can be scraped", async () => {
  const child = Bun.spawn(
    [
      "sh",
      "-c",
      'ulimit -n 64; exec "$0" "$1"',
      process.execPath,
      `${import.meta.dir}/starving.ts`,
    ],
    { stdout: "pipe", stderr: "inherit" },
  );
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  const families = readFamilies(text);
  expect(valueOf(families, "fanwire_connected", { app_id: "3" })).toBe(0);
  expect(valueOf(families, "process_max_fds")).toBe(64);
  expect(valueOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
});

test("writing a long text does not block the event loop", async () => {
  const apps = Array.from({ length: 300 }, (_, index) => emptyApp(String(index)));
  const publishLatency = new PublishLatency();
  for (const { app } of apps) publishLatency.observe(app.id, 1);
  let turns = 0;
  let waiting = setImmediate(turn);
  const families = await scrape(testNode(apps, { publishLatency }));
  clearImmediate(waiting);
  expect(families.get("fanwire_connected")?.series).toHaveLength(300);
  expect(turns).toBeGreaterThan(0);

  function turn(): void {
    turns++;
    waiting = setImmediate(turn);
  }
});

test.each(["9lives_", "has space", "dash-", "ü"])("the prefix %p is refused", (prefix) => {
  const options = { ...TEST_METRICS, prefix };
  expect(() => nodeMetrics(options, testNode([]))).toThrow(
    `Cannot use metrics prefix "${prefix}": it must consist of`,
  );
});

test("the figures of several processes are merged: sums, and the worst lag", async () => {
  const snapshots = [1, 2].map((factor) => {
    const app = emptyApp("3");
    const other = emptyApp(`only-${factor}`);
    app.counters.connections = 10 * factor;
    app.counters.closed(1000);
    const publishLatency = new PublishLatency();
    for (let index = 0; index < factor; index++) publishLatency.observe("3", 0.2);
    const metrics = nodeMetrics(
      { ...TEST_METRICS, openFileLimit: 100 },
      testNode([app, other], { publishLatency }),
    );
    const withLag = metrics.map((metric): Metric =>
      metric.name.includes("event_loop_lag")
        ? { ...metric, read: () => [{ labels: { port: "6001" }, value: 4 * factor }] }
        : metric,
    );
    // As another process sends it.
    return JSON.parse(JSON.stringify(takeSnapshot(withLag, raise)));
  });
  const families = readFamilies(await exposition(() => Promise.resolve(snapshots)).text());
  expect(valueOf(families, "fanwire_new_connections_total", { app_id: "3" })).toBe(30);
  expect(valueOf(families, "fanwire_new_connections_total", { app_id: "only-1" })).toBe(0);
  expect(valueOf(families, "fanwire_connection_closes_total", { code: "1000" })).toBe(2);
  expect(valueOf(families, "fanwire_publish_latency_ms_bucket", { le: "0.25" })).toBe(3);
  expect(valueOf(families, "fanwire_publish_latency_ms_count")).toBe(3);
  expect(valueOf(families, "fanwire_event_loop_lag_max_ms")).toBe(8);
  expect(valueOf(families, "fanwire_event_loop_lag_mean_ms")).toBe(6);
  expect(valueOf(families, "process_max_fds")).toBe(200);
});

function raise(error: unknown): never {
  throw error;
}
