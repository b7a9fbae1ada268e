// Subscribing: authorise, which changes nothing; wait until the channel is open; commit, which is
// one synchronous step. Nothing waits if the node runs alone, or if the channel is open because it
// has a subscriber on this node already.
import type { AppHub } from "../hub/app-hub.ts";
import { authorise } from "../hub/authorise.ts";
import type { Socket } from "../hub/socket.ts";
import { commit } from "../hub/subscribe.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { CLOSE, type Fault, isFault } from "../protocol/faults.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

/** Subscribes the socket and replies to it, or returns why it is refused. The promise never rejects. */
export function subscribe(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
): Awaitable<Fault | null> {
  const authorised = authorise(hub, socket, command);
  // The node runs alone.
  if (node.pending === null)
    return isFault(authorised) ? authorised : commit(hub, socket, command, authorised);
  if (!isFault(authorised) && !isOpen(node, hub, command.channel))
    return subscribeLater(node, hub, socket, command);
  const fault = isFault(authorised) ? authorised : commit(hub, socket, command, authorised);
  node.pending.remove(hub, socket, command.channel);
  return fault;
}

/** Whether the channel can be entered at once, perhaps because it was open until a moment ago. */
function isOpen(node: Node, hub: AppHub, channel: string): boolean {
  if (hub.channels.has(channel)) return true;
  return (
    node.openings?.isOpening(hub, channel) === false && node.cluster?.reopen(hub, channel) === true
  );
}

async function subscribeLater(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
): Promise<Fault | null> {
  const error = await node.pending?.hold(hub, socket, command.channel).ready;
  const fault =
    error instanceof Error ? fail(node, socket, error) : commitLate(node, hub, socket, command);
  node.pending?.remove(hub, socket, command.channel);
  return fault;
}

/** Checks everything again, since all of it may have changed during the wait, and commits. */
function commitLate(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
): Fault | null {
  if (!socket.isOpen) return null;
  const reason = reasonToClose(node, hub);
  if (reason !== null) {
    socket.close(reason);
    return null;
  }
  const authorised = authorise(hub, socket, command);
  return isFault(authorised) ? authorised : commit(hub, socket, command, authorised);
}

/** Why a socket that has waited must be closed, or null. */
export function reasonToClose(node: Node, hub: AppHub): Fault | null {
  if (node.draining) return CLOSE.shuttingDown();
  return hub.app.enabled ? null : CLOSE.disabledApp();
}

/**
 * The channel cannot be opened. The socket is closed, because clients reconnect and subscribe again after such a
 * close; after a refusal they would not.
 */
function fail(node: Node, socket: Socket, error: Error): null {
  node.report(error);
  if (socket.isOpen) socket.close(CLOSE.channelNotOpened());
  return null;
}
