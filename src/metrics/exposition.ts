// What is answered to a scrape: the figures of one process, or of several as one, in the text that
// Prometheus reads or as JSON. The registry exists only while an answer is made.
import { setImmediate as nextTurn } from "node:timers/promises";
import { AggregatorRegistry, type PrometheusContentType, Registry } from "prom-client";
import type { Snapshot } from "./metric.ts";

/** The figures, written down. Each call reads them anew, and rejects when they cannot be had. */
export interface Exposition {
  /** The content type of `text`. */
  readonly contentType: string;
  /** Prometheus' text format. */
  readonly text: () => Promise<string>;
  /** A JSON array of metrics with their values. */
  readonly json: () => Promise<string>;
}

/** With a thousand apps the text takes 0.1 s to write: clients must not wait for all of it at once. */
const MAX_STRETCH_MS = 5;

/** `collect` gets one snapshot of each process: of the only one, or of every worker. */
export function exposition(collect: () => Promise<readonly Snapshot[]>): Exposition {
  async function registry(): Promise<Registry> {
    return AggregatorRegistry.aggregate<PrometheusContentType>([...(await collect())]);
  }
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    text: async () => writeText(await registry()),
    json: async () => JSON.stringify(await (await registry()).getMetricsAsJSON()),
  };
}

/** The same as the registry's own text, with turns of the event loop in between. */
async function writeText(registry: Registry): Promise<string> {
  const families: string[] = [];
  let startMs = performance.now();
  for (const { name } of registry.getMetricsAsArray()) {
    families.push(await registry.getSingleMetricAsString(name));
    if (performance.now() - startMs < MAX_STRETCH_MS) continue;
    await nextTurn();
    startMs = performance.now();
  }
  return `${families.join("\n\n")}\n`;
}
