// Users: signing in, and closing all connections of a user.
import type { AppHub } from "../hub/app-hub.ts";
import type { Socket } from "../hub/socket.ts";
import { closeUser, signIn as signInHere } from "../hub/users.ts";
import type { SigninCommand } from "../protocol/commands.ts";
import type { Fault } from "../protocol/faults.ts";
import { ask } from "./ask.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

/**
 * Signs the socket in and replies to it, or returns why it is refused. Each node knows only its own users so far, so
 * nothing waits yet.
 */
export function signIn(
  hub: AppHub,
  socket: Socket,
  command: SigninCommand,
): Awaitable<Fault | null> {
  return signInHere(hub, socket, command);
}

/**
 * Closes every connection that is signed in as the user, on all nodes. The result is there when the other nodes are
 * sure to do it. A fault means that only the connections of this node were closed.
 */
export function terminate(
  node: Node,
  hub: AppHub,
  userId: string,
  fault: Fault,
): Awaitable<Fault | void> {
  closeUser(hub, userId, fault);
  const { cluster } = node;
  if (cluster === null) return undefined;
  return ask(node, () => cluster.terminate(hub, userId, fault), "terminate on other nodes");
}
