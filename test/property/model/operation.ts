// One operation: applied to the model and to the real node, and the results compared right after.
import type * as fc from "fast-check";
import type { ClientCommand } from "./commands.ts";
import type { Expectations } from "./expectations.ts";
import type { Rig } from "./rig.ts";
import { verify } from "./verification.ts";

/** One operation. */
export type Operation = fc.AsyncCommand<Expectations, Rig>;

/** Operations to choose from, by name. */
export type Choices<Name extends string> = Readonly<Record<Name, fc.Arbitrary<Operation>>>;

/**
 * An operation with the name `text`, which is applied if the model passes the check. A node alone must have done
 * everything when the operation returns. With a cluster, the promises that are settled run first.
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

/** The client sends a frame. */
export function sendBoth(
  model: Expectations,
  rig: Rig,
  client: number,
  command: ClientCommand,
): void {
  model.send(client, command);
  rig.send(client, command);
}
