// Publishing: to the sockets of this node, then to the other nodes.
import type { AppHub } from "../hub/app-hub.ts";
import { sendClientEvent } from "../hub/client-event.ts";
import { publishFromApi } from "../hub/publish.ts";
import type { Socket } from "../hub/socket.ts";
import type { ClientEventCommand } from "../protocol/commands.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
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
  publishFromApi(hub, publication);
  return node.cluster === null ? undefined : passOn(node, hub, publication);
}

/** Publishes a client event, or returns why it is refused. The sender does not wait for the other nodes. */
export function relay(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: ClientEventCommand,
): Fault | null {
  const publication = sendClientEvent(hub, socket, command);
  if (isFault(publication)) return publication;
  if (node.cluster !== null) void passOn(node, hub, publication);
  return null;
}

function passOn(node: Node, hub: AppHub, publication: Publication): Awaitable<Fault | void> {
  return ask(node, node.cluster?.publish(hub, publication), "publish to other nodes");
}
