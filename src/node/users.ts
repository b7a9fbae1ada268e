// Users: signing in, and closing all connections of a user.
import type { AppHub } from "../hub/app-hub.ts";
import type { Socket } from "../hub/socket.ts";
import { closeUser, signIn as signInHere } from "../hub/users.ts";
import type { SigninCommand } from "../protocol/commands.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
import { verifySignin } from "../protocol/signin.ts";
import { ask } from "./ask.ts";
import { type Awaitable, whenReady } from "./awaitable.ts";
import type { Node } from "./node.ts";
import type { Outcome } from "./outcome.ts";
import { reasonToClose } from "./subscribe.ts";

/**
 * Signs the socket in and replies to it, or returns why it is refused. Waits only for other nodes, and only if the user
 * watches others: the client is told which of them are online.
 */
export function signIn(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: SigninCommand,
): Awaitable<Fault | null> {
  const { cluster } = node;
  if (cluster === null || !hub.app.watchlist || socket.user !== null)
    return signInHere(hub, socket, command);
  const user = verifySignin(hub.app, socket.id, command);
  if (isFault(user) || user.watchlist.length === 0) return signInHere(hub, socket, command);
  const { watchlist } = user;
  const learned = ask(node, () => cluster.learnUsers(hub, watchlist), "learn who is online");
  if (!(learned instanceof Promise)) return signInHere(hub, socket, command);
  return learned.then(() => {
    // If that has failed, users of other nodes seem to be offline until more is known.
    const fault = signInLate(node, hub, socket, command);
    cluster.forgetUsers(hub, watchlist);
    return fault;
  });
}

/** Checks everything again, since all of it may have changed during the wait. */
function signInLate(node: Node, hub: AppHub, socket: Socket, command: SigninCommand): Fault | null {
  if (!socket.isOpen) return null;
  const reason = reasonToClose(node, hub);
  if (reason === null) return signInHere(hub, socket, command);
  socket.close(reason);
  return null;
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
  outcome: Outcome,
): Awaitable<Fault | void> {
  closeUser(hub, userId, fault);
  const { cluster } = node;
  if (cluster === null) return undefined;
  const asked = ask(node, () => cluster.terminate(hub, userId, fault), "terminate on other nodes");
  return whenReady(asked, (reached) => {
    if (isFault(reached)) return reached;
    outcome.reach = reached;
    return undefined;
  });
}
