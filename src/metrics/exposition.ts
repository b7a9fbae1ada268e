// The response to a scrape: the metrics of one process, or of several merged into one, in Prometheus'
// text format or as JSON. The registry exists only while a response is written.
import { setImmediate as nextTurn } from "node:timers/promises";
import { AggregatorRegistry, type PrometheusContentType, Registry } from "prom-client";
import type { Snapshot } from "./metric.ts";

/** Writes the metrics. Each call reads them anew, and rejects if they cannot be read. */
export interface Exposition {
  /** The content type of `text`. */
  readonly contentType: string;
  /** Prometheus' text format. */
  readonly text: () => Promise<string>;
  /** A JSON array of metrics with their values. */
  readonly json: () => Promise<string>;
}

/** With a thousand apps the text takes 0.1 s to write, and clients must not be blocked for so long. */
const MAX_STRETCH_MS = 5;

/** Makes an exposition. `collect` returns one snapshot for each process. */
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

/** Writes the same text as the registry itself, but yields to the event loop in between. */
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
