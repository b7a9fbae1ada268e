// What a caller must know about an answer besides the answer itself. A node that runs alone leaves it as it is.
import type { ClusterAnswer, Reach } from "./cluster.ts";

/** Filled in while a request is answered. */
export interface Outcome {
  /** Whether something of other nodes may be missing in the answer. */
  isPartial: boolean;
  /** `node` if not all that was published is sure to reach other nodes. */
  reach: Reach;
}

/** The outcome of a request that has not been answered yet. */
export function newOutcome(): Outcome {
  return { isPartial: false, reach: "cluster" };
}

/** The value of an answer, after its outcome was noted. */
export function valueOf<Value>(
  { value, isComplete }: ClusterAnswer<Value>,
  outcome: Outcome,
): Value {
  if (!isComplete) outcome.isPartial = true;
  return value;
}
