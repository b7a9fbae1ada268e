// What of the limits of a server one of its workers enforces. A worker knows only its own connections, and the system
// divides new connections evenly, so each has its share of what all of them may have.
import type { Config } from "../config/config.ts";

/**
 * The configuration of one worker of so many. Totals of connections are divided, rounded up. What bounds the memory or
 * the processor time of a process, as what waits for slow clients does, and rates of requests, whose connections stay
 * with one worker, hold for each worker as they are.
 */
export function shareOf(config: Config, workerCount: number, port: number): Config {
  const divided = (total: number): number => Math.ceil(total / workerCount);
  return {
    ...config,
    port,
    // Each worker listens for itself.
    reusePort: true,
    // The primary serves them for all.
    metricsEnabled: false,
    maxConnections: divided(config.maxConnections),
    maxConnectionsPerAddress: divided(config.maxConnectionsPerAddress),
    maxHandshakesPerSecond: divided(config.maxHandshakesPerSecond),
    handshakesPerWindow: divided(config.handshakesPerWindow),
  };
}
