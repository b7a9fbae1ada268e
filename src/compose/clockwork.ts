// What a node does once a second.
import type { IdempotencyKeys } from "../http/idempotency.ts";
import type { Hub } from "../hub/hub.ts";
import type { Socket } from "../hub/ports.ts";
import type { Log } from "../log/log.ts";
import type { MemoryFigures } from "../process/machine.ts";
import type { SessionContext } from "../session/session.ts";
import { lookInSteps } from "../session/slow.ts";
import { STEP_CLOCK } from "./clocks.ts";

/** What the clock moves on. */
export interface Clockwork {
  readonly hub: Hub;
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

function tick({ hub, sessions, keys, memory, logDropped, log }: Clockwork): void {
  sessions.windows.next();
  sessions.liveness.advance();
  sessions.authorisation.advance();
  hub.tick();
  keys.sweep();
  readMemory(memory, log);
  lookInSteps(laggingSockets(hub), STEP_CLOCK);
  for (const session of sessions.mailboxes.connections) session.goOn();
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
function laggingSockets(hub: Hub): readonly Socket[] {
  return Array.from(hub.apps).flatMap(({ lags }) => Array.from(lags.keys()));
}
