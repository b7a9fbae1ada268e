// Users: signing in, and ending all connections of one.
import type { AppHub } from "../hub/app-hub.ts";
import { closeUser } from "../hub/users.ts";
import type { Fault } from "../protocol/faults.ts";
import { ask } from "./ask.ts";
import type { Awaitable } from "./awaitable.ts";
import type { Node } from "./node.ts";

export { signIn } from "../hub/users.ts";

/** Closes every connection that is signed in as the user, on all nodes. Answers when they are sure to hear of it, or why they are not: then only those of this node were closed. */
export function terminate(
  node: Node,
  hub: AppHub,
  userId: string,
  fault: Fault,
): Awaitable<Fault | void> {
  closeUser(hub, userId, fault);
  return ask(node, node.cluster?.terminate(hub, userId, fault), "terminate on other nodes");
}
