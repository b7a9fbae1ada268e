// Subscribing: authorise, which changes nothing; wait until the channel can be entered; commit, which is
// one synchronous step. Alone, and for a channel that is open already, nothing waits.
import type { AppHub } from "../hub/app-hub.ts";
import { authorise } from "../hub/authorise.ts";
import type { Socket } from "../hub/socket.ts";
import { commit } from "../hub/subscribe.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { CLOSE, type Fault, isFault } from "../protocol/faults.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";
import type { Opening } from "./openings.ts";

/** Subscribes the socket and answers it, or returns why not. The promise is never rejected. */
export function subscribe(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: SubscribeCommand,
): Awaitable<Fault | null> {
  const authorised = authorise(hub, socket, command);
  const opening = isFault(authorised) ? null : (node.openings?.hold(hub, command.channel) ?? null);
  // The channel stays held by the opening, if there is one.
  node.prospects?.remove(hub, socket, command.channel);
  if (isFault(authorised)) return authorised;
  if (opening === null) return commit(hub, socket, command, authorised);
  return subscribeLater(node, hub, socket, { command, opening });
}

/** A subscription that waits. */
interface Pending {
  readonly command: SubscribeCommand;
  readonly opening: Opening;
}

async function subscribeLater(
  node: Node,
  hub: AppHub,
  socket: Socket,
  { command, opening }: Pending,
): Promise<Fault | null> {
  const error = await opening.ready;
  const outcome = error === null ? enter(node, hub, socket, command) : fail(node, socket, error);
  node.openings?.release(hub, command.channel, opening);
  return outcome;
}

/** Looks at everything again, since all of it may have changed, and enters the channel. */
function enter(node: Node, hub: AppHub, socket: Socket, command: SubscribeCommand): Fault | null {
  if (!socket.isOpen) return null;
  const reason = reasonToClose(node, hub);
  if (reason !== null) {
    socket.close(reason);
    return null;
  }
  const authorised = authorise(hub, socket, command);
  return isFault(authorised) ? authorised : commit(hub, socket, command, authorised);
}

function reasonToClose(node: Node, hub: AppHub): Fault | null {
  if (node.draining) return CLOSE.shuttingDown();
  return hub.app.enabled ? null : CLOSE.disabledApp();
}

/** The channel cannot be opened. A client tries again what its connection ended for, and not what was refused. */
function fail(node: Node, socket: Socket, error: Error): null {
  node.report(error);
  if (socket.isOpen) socket.close(CLOSE.channelNotOpened());
  return null;
}
