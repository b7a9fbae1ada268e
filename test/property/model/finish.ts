// The end of a run: all clients disconnect, and nothing may be left.
import { OPEN_TIMEOUT_MS } from "../../../src/node/openings.ts";
import type { Expectations } from "./expectations.ts";
import { checkEnd } from "./invariants.ts";
import type { Rig } from "./rig.ts";
import { verify } from "./verification.ts";

/** Throws if something is left. Questions that the cluster has not answered by then are never answered. */
export async function finish(model: Expectations, rig: Rig): Promise<void> {
  for (const client of model.connected) {
    model.disconnect(client);
    rig.disconnect(client);
  }
  model.settle();
  await rig.settle();
  verify(model, rig);
  model.tick(OPEN_TIMEOUT_MS);
  rig.tick(OPEN_TIMEOUT_MS);
  model.settle();
  await rig.settle();
  verify(model, rig);
  checkEnd(rig);
}
