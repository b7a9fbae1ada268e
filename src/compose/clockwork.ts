// What a node does once a second.
import type { IdempotencyKeys } from "../http/idempotency.ts";
import type { Hub } from "../hub/hub.ts";
import type { Peer } from "../hub/ports.ts";
import type { Log } from "../log/log.ts";
import type { Node } from "../node/node.ts";
import type { MemoryFigures } from "../process/machine.ts";
import type { SessionContext } from "../session/session.ts";
import { checkInSteps } from "../session/lag-search.ts";
import { STEP_CLOCK } from "./clocks.ts";

/** What the clock moves on. */
export interface Clockwork {
  readonly node: Node;
  readonly sessions: SessionContext;
  readonly keys: IdempotencyKeys;
  readonly memory: MemoryFigures;
  /** Logs webhooks that were dropped. */
  readonly logDropped: () => void;
  readonly log: Log;
}

const TICK_MS = 1000;

/** Starts the clock. Returns what ends it. */
export function startClock(clockwork: Clockwork): () => void {
  const timer = setInterval(() => tick(clockwork), TICK_MS);
  return () => clearInterval(timer);
}

function tick({ node, sessions, keys, memory, logDropped, log }: Clockwork): void {
  sessions.windows.next();
  sessions.liveness.advance();
  sessions.authorisation.advance();
  node.tick();
  keys.sweep();
  readMemory(memory, log);
  checkInSteps(laggingSockets(node.hub), STEP_CLOCK);
  for (const session of sessions.mailboxes.connections) session.resume();
  logDropped();
}

function readMemory(memory: MemoryFigures, log: Log): void {
  try {
    memory.look();
  } catch (error) {
    log.once("memory", "memory unknown", { reason: String(error) });
  }
}

/** A copy: checking one of them may remove it from the hub's list. */
function laggingSockets(hub: Hub): readonly Peer[] {
  return Array.from(hub.apps).flatMap(({ lags }) => Array.from(lags.keys()));
}
