// The API's routes after `/apps/ID`, as one table: method, pattern, handler. `*` matches one
// segment.
import type { Awaitable } from "../node/awaitable.ts";
import { type Fault, REJECT } from "../protocol/faults.ts";
import type { Answer } from "./answer.ts";
import { getChannel, getChannels, getUsers } from "./channels.ts";
import { postBatchEvents } from "./batch.ts";
import { postEvents } from "./events.ts";
import { getStats, postChannelEvents } from "./deprecated.ts";
import type { ApiRequest } from "./request.ts";
import { postForceReconnect, postTerminateConnections } from "./users.ts";

/** Handles a request with a valid signature. */
export type Route = (request: ApiRequest) => Awaitable<Answer>;

const ROUTES: readonly (readonly [method: string, pattern: readonly string[], route: Route])[] = [
  ["POST", ["events"], postEvents],
  ["POST", ["batch_events"], postBatchEvents],
  ["GET", ["channels"], getChannels],
  ["GET", ["channels", "*"], getChannel],
  ["GET", ["channels", "*", "users"], getUsers],
  ["POST", ["users", "*", "terminate_connections"], postTerminateConnections],
  ["POST", ["users", "*", "force_reconnect"], postForceReconnect],
  ["GET", ["channels", "*", "stats"], getStats],
  ["POST", ["channels", "*", "events"], postChannelEvents],
];

/** The route for a method and path, or a fault: 404, or 405 if the path exists with another method. */
export function findRoute(method: string, segments: readonly string[]): Route | Fault {
  const allowed: string[] = [];
  for (const [allowedMethod, pattern, route] of ROUTES) {
    if (!matches(pattern, segments)) continue;
    if (allowedMethod === method) return route;
    allowed.push(allowedMethod);
  }
  return allowed.length === 0 ? REJECT.unknownRoute() : REJECT.wrongMethod(allowed.join(" or "));
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part === "*" || part === segments[index])
  );
}
