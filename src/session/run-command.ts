// Runs the commands of clients.
import type { AppHub } from "../hub/app-hub.ts";
import { enableDelta, resync } from "../hub/delta/requests.ts";
import type { Socket } from "../hub/socket.ts";
import { unsubscribe } from "../hub/subscribe.ts";
import type { Awaitable } from "../node/awaitable.ts";
import type { Node } from "../node/node.ts";
import { relay } from "../node/client-event.ts";
import { subscribe } from "../node/subscribe.ts";
import { signIn } from "../node/users.ts";
import type { Command } from "../protocol/commands.ts";
import type { Fault } from "../protocol/faults.ts";
import { PONG } from "../protocol/messages.ts";
import { tell } from "../hub/send.ts";

/** A socket whose client sends commands. */
export interface CommandSource extends Socket {
  /** Counts one more client event. Returns null, or the fault if it is over the limit. */
  takeClientEvent(): Fault | null;
}

/**
 * Runs the command. Returns null, or why it is refused. Returns a promise, which never rejects, only if something
 * must be waited for.
 */
export function runCommand(
  node: Node,
  hub: AppHub,
  socket: CommandSource,
  command: Command,
): Awaitable<Fault | null> {
  switch (command.kind) {
    case "ping":
      tell(socket, PONG);
      return null;
    case "pong":
      return null;
    case "subscribe":
      return subscribe(node, hub, socket, command);
    case "unsubscribe":
      return unsubscribe(hub, socket, command.channel);
    case "signin":
      return signIn(node, hub, socket, command);
    case "enableDelta":
      enableDelta(hub, socket, command.algorithm);
      // There may be more channels to sync than one call handles.
      socket.checkBuffer();
      return null;
    case "deltaSyncError":
      resync(hub, socket, command.channel);
      return null;
    case "clientEvent":
      return socket.takeClientEvent() ?? relay(node, hub, socket, command);
    default:
      return command satisfies never;
  }
}
