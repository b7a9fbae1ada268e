// One operation: done to the model and to the real node, and compared right after.
import type * as fc from "fast-check";
import type { Expectations } from "./expectations.ts";
import type { Rig } from "./rig.ts";
import { verify } from "./verification.ts";

/** See the file's head. */
export type Operation = fc.AsyncCommand<Expectations, Rig>;

/**
 * An operation by the name of `text`, to be done when the model passes the check. A node alone has answered
 * everything before the event loop has another turn; with a cluster all that waits for promises alone follows.
 */
export function operation(
  text: string,
  check: (model: Readonly<Expectations>) => boolean,
  run: (model: Expectations, rig: Rig) => void | Promise<void>,
): Operation {
  return {
    check,
    run: async (model, rig) => {
      const done = run(model, rig);
      if (done instanceof Promise) await done;
      model.settle();
      if (model.hasCluster) await rig.settle();
      else rig.runSteps();
      verify(model, rig);
    },
    toString: () => text,
  };
}
