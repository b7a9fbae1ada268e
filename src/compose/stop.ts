// How a node ends: its clients are sent elsewhere, a few at a time, and what is under way is finished within the grace
// period.
import { rmSync } from "node:fs";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import type { LoopLag } from "../metrics/loop-lag.ts";
import type { JoinedCluster } from "../node/joined/joined-cluster.ts";
import type { Node } from "../node/node.ts";
import { CLOSE } from "../protocol/faults.ts";
import { closeSpread } from "../session/drain.ts";
import type { SessionContext } from "../session/session.ts";
import type { OperatorListener } from "../transport/operators.ts";
import { retireAll } from "../transport/retirement.ts";
import type { Webhooks } from "../webhook/webhooks.ts";
import { clockMs, DRAIN_CLOCK } from "./clocks.ts";
import type { Listening } from "./listening.ts";

/** What of a node has to be ended. */
export interface Stoppable {
  readonly config: Config;
  readonly log: Log;
  readonly node: Node;
  /** Null for a node that runs alone. */
  readonly cluster: JoinedCluster | null;
  readonly listening: Listening;
  readonly sessions: SessionContext;
  readonly webhooks: Webhooks;
  readonly operators: OperatorListener | null;
  readonly loopLag: LoopLag;
  /** Whether other nodes take over what this one knows for all. */
  readonly handsOver: boolean;
  /** Ends the clock of the node. */
  readonly stopClock: () => void;
}

/** How a node ends when it is not as configured. */
export interface Haste extends Partial<
  Pick<Config, "shutdownDelayMs" | "shutdownGracePeriodMs" | "reusePort">
> {
  /** Whether other nodes take over what this one knows for all; false when none can hear it. */
  readonly handsOver?: boolean;
}

/** Webhooks are tried for at least this long, however short the grace period is. */
const MIN_FLUSH_MS = 1000;

/** How long other nodes may take to take over what this one knows for all. */
const MAX_HANDOVER_MS = 1000;

/** Ends the node. Its health says already that it is draining. */
export async function stopNode(running: Stoppable): Promise<void> {
  const { config, log, listening, node, cluster } = running;
  const { servers, system } = listening;
  if (config.shutdownDelayMs > 0) await Bun.sleep(config.shutdownDelayMs);
  if (config.reusePort) await system.refuseNewConnects(system.descriptors());
  const graceMs = config.shutdownGracePeriodMs;
  const deadlineMs = clockMs() + graceMs;
  node.draining = true;
  if (running.handsOver) await cluster?.station.leaveCluster(Math.min(MAX_HANDOVER_MS, graceMs));
  const lastRequests = retireAll(servers, system);
  log.info("stopping", { connections: servers.connectionCount, grace_ms: graceMs });
  await closeSpread([...node.hub.sockets()], CLOSE.shuttingDown(), graceMs, DRAIN_CLOCK);
  await lastRequests(deadlineMs);
  await cluster?.station.sayLast();
  await finish(running, deadlineMs);
  await cluster?.station.close();
  await Promise.all([servers.stop(), running.operators?.stop()]);
  if (config.unixSocketEnabled) rmSync(config.unixSocketPath, { force: true });
  log.info("stopped");
}

/** Finishes the work that clients have left behind. */
async function finish(running: Stoppable, deadlineMs: number): Promise<void> {
  running.stopClock();
  running.sessions.steps.finish();
  const lost = await running.webhooks.flush(Math.max(MIN_FLUSH_MS, deadlineMs - clockMs()));
  if (lost > 0) running.log.warn("webhooks lost", { count: lost });
  running.loopLag.stop();
}
