// The clocks of a node.
import type { DrainClock } from "../session/drain.ts";
import type { StepClock } from "../session/steps.ts";

/** Milliseconds that never go back. */
export function clockMs(): number {
  return performance.now();
}

/** For work in steps. */
export const STEP_CLOCK: StepClock = {
  nowMs: clockMs,
  later: (action, delayMs) => void setTimeout(action, delayMs),
};

/** For the drain. */
export const DRAIN_CLOCK: DrainClock = { nowMs: clockMs, sleep: Bun.sleep };
