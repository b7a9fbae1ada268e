// `POST /users/ID/terminate_connections`, and Sockudo's `force_reconnect`: ending all connections
// that are signed in as a user. A user who is not there is no error.
import { CLOSE, type Fault, REJECT } from "../protocol/faults.ts";
import { isUserId } from "../protocol/names.ts";
import { closeUser } from "../hub/users.ts";
import { type Answer, EMPTY } from "./answer.ts";
import type { ApiRequest } from "./request.ts";

/** Closes them with 4009, so that clients do not come back by themselves. */
export function postTerminateConnections(request: ApiRequest): Answer {
  return close(request, CLOSE.terminated()) ?? EMPTY;
}

/** Closes them with 4200, so that clients come back at once. */
export function postForceReconnect(request: ApiRequest): Answer {
  return close(request, CLOSE.reconnect()) ?? '{"ok":true}';
}

function close({ hub, segments }: ApiRequest, fault: Fault): Fault | null {
  const userId = segments[1] ?? "";
  if (!isUserId(userId)) return REJECT.invalidUserId();
  closeUser(hub, userId, fault);
  return null;
}
