// `POST /users/ID/terminate_connections`, and Sockudo's `force_reconnect`: close all connections
// that are signed in as a user. A user without connections is not an error.
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { terminate } from "../node/users.ts";
import { CLOSE, type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { isUserId } from "../protocol/names.ts";
import { type Answer, EMPTY } from "./answer.ts";
import type { ApiRequest } from "./request.ts";

/** Closes them with 4009, after which clients do not reconnect by themselves. */
export function postTerminateConnections(request: ApiRequest): Awaitable<Answer> {
  return close(request, CLOSE.terminated(), EMPTY);
}

/** Closes them with 4200, after which clients reconnect at once. */
export function postForceReconnect(request: ApiRequest): Awaitable<Answer> {
  return close(request, CLOSE.reconnect(), '{"ok":true}');
}

function close(
  { node, hub, segments, outcome }: ApiRequest,
  fault: Fault,
  answer: string,
): Awaitable<Answer> {
  const userId = segments[1] ?? "";
  if (!isUserId(userId)) return REJECT.invalidUserId();
  return whenReady(terminate(node, hub, userId, fault, outcome), (refused) =>
    isFault(refused) ? refused : answer,
  );
}
