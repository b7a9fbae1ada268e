// The composition root: the only file that names concrete backends. It turns a configuration into
// a running node.
import { memoryApps } from "./apps/memory.ts";
import type { Config } from "./config/config.ts";
import { connectionCapacity, openFileLimit } from "./descriptors.ts";
import { Hub } from "./hub/hub.ts";
import { CLOSE } from "./protocol/faults.ts";
import { listen, ServerSink } from "./server.ts";
import { LivenessWheel } from "./session/liveness.ts";
import { socketIds } from "./session/socket-ids.ts";

/** A node that listens. */
export interface Node {
  readonly port: number;
  /** Connections that it can hold. */
  readonly capacity: number;
  /** Sends all clients elsewhere, waits for them as long as is configured, and stops to listen. */
  stop(): Promise<void>;
}

const TICK_MS = 1000;
const STOP_POLL_MS = 20;

/** Starts a node. Throws when the address cannot be bound. `report` is told of exceptions that no handler caught. */
export function startNode(config: Config, report: (error: unknown) => void): Node {
  const sink = new ServerSink();
  const hub = new Hub(sink);
  const liveness = new LivenessWheel({
    activityTicks: config.activityTimeoutSeconds,
    pongTicks: config.pongTimeoutSeconds,
  });
  const capacity = connectionCapacity(openFileLimit());
  const server = listen(
    {
      host: config.host,
      port: config.port,
      pathPrefix: config.pathPrefix,
      capacity,
      maxFrameBytes: config.websocketMaxPayloadBytes,
      backpressureLimitBytes: config.websocketMaxBackpressureBytes,
      maxRequestBodyBytes: config.httpRequestLimitBytes,
    },
    {
      api: { hub, apps: memoryApps(config.apps), nowMs: Date.now },
      sessions: {
        liveness,
        activityTimeoutSeconds: config.activityTimeoutSeconds,
        nowMs: () => performance.now(),
      },
      nextSocketId: socketIds((numbers) => crypto.getRandomValues(numbers)),
      report,
    },
    sink,
  );
  const clock = setInterval(() => liveness.advance(), TICK_MS);

  async function stop(): Promise<void> {
    const deadlineMs = performance.now() + config.shutdownGracePeriodMs;
    for (const socket of hub.sockets()) socket.close(CLOSE.shuttingDown());
    while (server.pendingWebSockets > 0 && performance.now() < deadlineMs)
      await Bun.sleep(STOP_POLL_MS);
    clearInterval(clock);
    await server.stop(true);
  }

  return { port: server.port ?? config.port, capacity, stop };
}
