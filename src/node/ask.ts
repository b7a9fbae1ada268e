// Asking the cluster: the wait is bounded, and a failure is reported and becomes a fault.
import { type Fault, REJECT } from "../protocol/faults.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

/** How long the other nodes may take. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** The answer of the cluster, or a fault. The promise is never rejected. `what` is what cannot be done without an answer. */
export function ask<Answer>(
  { deadlines, report }: Node,
  answer: Awaitable<Answer>,
  what: string,
): Awaitable<Answer | Fault> {
  if (!(answer instanceof Promise)) return answer;
  return deadlines.within(answer, ANSWER_TIMEOUT_MS, what).catch((error: unknown) => {
    report(error);
    return REJECT.clusterSilent();
  });
}
