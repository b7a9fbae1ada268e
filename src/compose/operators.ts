// The metrics of a node, on an address of their own.
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { exposition } from "../metrics/exposition.ts";
import type { NodeFigures } from "../metrics/figures.ts";
import { metricsHandler } from "../metrics/handler.ts";
import { type Metric, type Snapshot, takeSnapshot } from "../metrics/metric.ts";
import { nodeMetrics } from "../metrics/node-metrics.ts";
import { ListenError } from "../transport/address.ts";
import { listenForOperators, type OperatorListener } from "../transport/operators.ts";

/** What the metrics say of the process. */
export interface ProcessFacts {
  readonly port: number;
  readonly openFileLimit: number;
  readonly version: string;
}

/** Returns what reads all metrics of a node. */
export function figuresOf(
  { metricsPrefix: prefix }: Config,
  facts: ProcessFacts,
  figures: NodeFigures,
  log: Log,
): () => Snapshot {
  const metrics = nodeMetrics({ ...facts, prefix, runtime: `bun ${Bun.version}` }, figures);
  return () => snapshotOf(metrics, log);
}

/** Reads these metrics. One that cannot be read is left out. */
export function snapshotOf(metrics: readonly Metric[], log: Log): Snapshot {
  return takeSnapshot(metrics, (name, error) =>
    log.once(name, "metric left out", { metric: name, reason: String(error) }),
  );
}

/** Serves the metrics of one process or of several; null where they are off. @throws when the address cannot be bound. */
export function serveMetrics(
  config: Config,
  collect: () => Promise<readonly Snapshot[]>,
): OperatorListener | null {
  if (!config.metricsEnabled) return null;
  const { metricsHost: host, metricsPort: port, metricsToken } = config;
  const access = { token: metricsToken === "" ? null : metricsToken };
  const handle = metricsHandler(exposition(collect), access);
  try {
    return listenForOperators(host, port, handle);
  } catch (error) {
    throw new ListenError(`${host}:${port} for metrics`, error);
  }
}
