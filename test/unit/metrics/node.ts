// A node's figures for tests, with real counters and channels, and plain maps for the rest.
import { ChannelSettings } from "../../../src/hub/delta/options.ts";
import { testApp } from "../../doubles/app.ts";
import { TEST_DELTA } from "../../doubles/hub.ts";
import { Channel } from "../../../src/hub/channel.ts";
import { Counters } from "../../../src/hub/counters.ts";
import { exposition } from "../../../src/metrics/exposition.ts";
import type { AppFigures, NodeFigures, SocketFigures } from "../../../src/metrics/figures.ts";
import { PublishLatency } from "../../../src/metrics/histogram.ts";
import { LoopLag } from "../../../src/metrics/loop-lag.ts";
import { takeSnapshot } from "../../../src/metrics/metric.ts";
import { type MetricsOptions, nodeMetrics } from "../../../src/metrics/node-metrics.ts";
import { type Family, readFamilies } from "./families.ts";

/** Metrics of a node on port 6001. */
export const TEST_METRICS: MetricsOptions = {
  prefix: "fanwire_",
  port: 6001,
  openFileLimit: 1024,
  version: "0.0.0",
  runtime: "bun 1.4.5",
};

/** An app whose structures a test may change. */
export interface TestApp extends AppFigures {
  readonly sockets: Map<string, SocketFigures>;
  readonly channels: Map<string, Channel>;
  readonly users: Map<string, { isHere: boolean }>;
  laggingCount: number;
}

/** An app without connections or channels. */
export function emptyApp(id: string): TestApp {
  return {
    app: { id },
    counters: new Counters(() => {}),
    sockets: new Map(),
    channels: new Map(),
    users: new Map(),
    laggingCount: 0,
  };
}

/** Opens a channel with that name. */
export function openChannel(app: TestApp, name: string): void {
  app.channels.set(name, new Channel(name, 0, new ChannelSettings(testApp(), TEST_DELTA).of(name)));
}

/** A node with the apps. Its event loop is no longer watched. */
export function testNode(
  apps: readonly AppFigures[],
  given: Partial<NodeFigures> = {},
): NodeFigures {
  const loopLag = new LoopLag(() => performance.now());
  loopLag.stop();
  return {
    apps: () => apps.values(),
    refusals: new Map(),
    limits: new Map(),
    refusedHeld: () => 0,
    publishLatency: new PublishLatency(),
    loopLag,
    webhooks: null,
    cluster: null,
    ...given,
  };
}

/** The answer to a scrape of the node. Throws if a metric cannot be read. */
export function scrapeText(
  node: NodeFigures,
  options: Partial<MetricsOptions> = {},
): Promise<string> {
  const metrics = nodeMetrics({ ...TEST_METRICS, ...options }, node);
  return exposition(() => Promise.resolve([takeSnapshot(metrics, rethrow)])).text();
}

/** The same, parsed. */
export async function scrape(
  node: NodeFigures,
  options: Partial<MetricsOptions> = {},
): Promise<ReadonlyMap<string, Family>> {
  return readFamilies(await scrapeText(node, options));
}

function rethrow(metricName: string, error: unknown): never {
  throw new Error(`Cannot read ${metricName}`, { cause: error });
}
