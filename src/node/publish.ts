// Publishing: to the sockets of this node, then to the other nodes.
import type { AppHub } from "../hub/app-hub.ts";
import { publishFromApi } from "../hub/publish.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Publication } from "../protocol/publication.ts";
import { ask } from "./ask.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

/**
 * Publishes an event of the API. The result is there when all nodes are sure to get the event. A fault means that it
 * was delivered on this node only.
 */
export function publish(
  node: Node,
  hub: AppHub,
  publication: Publication,
): Awaitable<Fault | void> {
  publishFromApi(hub, publication, node.openings?.defer(hub, publication));
  return node.cluster === null ? undefined : passOn(node, hub, publication);
}

/** Passes a publication on to the other nodes. A fault means that they may not get it. */
export function passOn(node: Node, hub: AppHub, publication: Publication): Awaitable<Fault | void> {
  return ask(node, () => node.cluster?.publish(hub, publication), "publish to other nodes");
}
