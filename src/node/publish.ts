// Publishing: to the other nodes, and in the same step to the sockets of this node. The message for the others is handed
// over first, since thousands of sockets here take many milliseconds.
import type { AppHub } from "../hub/app-hub.ts";
import { type Arrival, publishFromApi } from "../hub/publish.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
import type { Publication } from "../protocol/publication.ts";
import { ask } from "./ask.ts";
import { type Awaitable, whenReady } from "./awaitable.ts";
import type { Reach } from "./cluster.ts";
import type { Node } from "./node.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Publishes an event of the API. The result is there when it is known how far the event has come, which is noted in
 * `outcome`. A fault means that it was delivered on this node only.
 */
export function publish(
  node: Node,
  hub: AppHub,
  publication: Publication,
  outcome: Outcome | null = null,
): Awaitable<Fault | void> {
  if (node.cluster === null) return publishFromApi(hub, publication);
  const passedOn = passOn(node, hub, { publication, origin: "api" });
  publishFromApi(hub, publication, node.openings?.defer(hub, publication));
  return whenReady(passedOn, (reached) => {
    if (isFault(reached)) return reached;
    if (reached === "node" && outcome !== null) outcome.reach = "node";
    return undefined;
  });
}

/** Passes a publication on to the other nodes. A fault means that they may not get it. */
export function passOn(node: Node, hub: AppHub, arrival: Arrival): Awaitable<Fault | Reach> {
  return ask(
    node,
    () => node.cluster?.publish(hub, arrival) ?? "cluster",
    "publish to other nodes",
  );
}
