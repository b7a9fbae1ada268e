// Waits for an answer of the cluster. The wait is bounded; a failure is reported and becomes a
// fault.
import { type Fault, REJECT } from "../protocol/faults.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

/** The maximum time that the other nodes may take. */
export const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The answer to `question`, or a fault. Never throws, and the promise never rejects. `what` completes the error
 * message: it names what cannot be done without the answer.
 */
export function ask<Answer>(
  { deadlines, report }: Node,
  question: () => Awaitable<Answer>,
  what: string,
): Awaitable<Answer | Fault> {
  const failed = (error: unknown): Fault => {
    report(error);
    return REJECT.clusterSilent();
  };
  try {
    const answer = question();
    if (!(answer instanceof Promise)) return answer;
    return deadlines.within(answer, ANSWER_TIMEOUT_MS, what).catch(failed);
  } catch (error) {
    return failed(error);
  }
}
