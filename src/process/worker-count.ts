// How many processes share the port.
import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";
import { connectionCapacity, openFileLimit } from "./machine.ts";

/** The most workers that "auto" starts, as many as can be asked for by number. */
const MAX_WORKERS = 256;

type Asked = Pick<Config, "workers" | "unixSocketEnabled" | "maxConnections">;

/**
 * The number of processes that serve clients. "auto" is one for each core; more when `max_connections` is given and
 * that many connections need the open files of more processes; and one where processes cannot share a listener.
 */
export function workerCount(config: Asked): number {
  if (config.workers !== "auto") return config.workers;
  if (whyOneProcess(config) !== null) return 1;
  return autoCount(config.maxConnections, availableParallelism(), openFileLimit());
}

/** What "auto" is on a machine with so many cores, where each process may have so many files open. */
export function autoCount(maxConnections: number, coreCount: number, fileLimit: number): number {
  const forFiles =
    maxConnections === Infinity ? 1 : Math.ceil(maxConnections / connectionCapacity(fileLimit));
  return Math.min(MAX_WORKERS, Math.max(coreCount, forFiles));
}

/** Why several processes cannot be started; null when they can, or when they are not asked for. */
export function workerProblem(config: Asked): string | null {
  if (config.workers === 1 || config.workers === "auto") return null;
  const reason = whyOneProcess(config);
  return reason === null
    ? null
    : `Cannot start ${config.workers} workers: ${reason}, workers must be 1 or "auto"`;
}

function whyOneProcess({ unixSocketEnabled }: Asked): string | null {
  if (process.platform !== "linux") return "only Linux divides connections among processes";
  if (unixSocketEnabled) return "processes cannot share a Unix socket";
  return null;
}
