// Where a request goes: to the API, to a WebSocket, to a file, or to the health routes. Nothing else is decided here.
import { answerHealth } from "../http/health.ts";
import { REJECT } from "../protocol/faults.ts";
import { answerApi, respond, tooManyUnsigned } from "./answering.ts";
import { clientOf } from "./client-address.ts";
import type { Answered, Entrance, RequestTarget, RuntimeServer, ServerParts } from "./entrance.ts";
import { upgrade } from "./upgrade.ts";

/** Answers a request, or opens a WebSocket. */
export function route(entrance: Entrance, request: Request, server: RuntimeServer): Answered {
  const { parts, pathPrefix } = entrance;
  const { path, query } = splitTarget(request.url);
  const local = path.startsWith(`${pathPrefix}/`) ? path.slice(pathPrefix.length) : path;
  if (local.startsWith("/apps/") || local.startsWith("/users/"))
    return answerApi(parts, request, server, { path: local, query });
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket")
    return upgrade(entrance, request, server, { path: local, query });
  if (!parts.unsignedBudget.take(clientOf(parts, request, server))) return tooManyUnsigned(parts);
  return parts.assets(local) ?? health(parts, request, local);
}

/** The health routes. Pages of the allowed origins may call them, as they may call the API. */
function health(parts: ServerParts, request: Request, path: string): Response | Promise<Response> {
  const { cors } = parts;
  const given = answerHealth(parts.health, path);
  if (given === null) return respond(parts, REJECT.unknownRoute(), request);
  if (request.method === "OPTIONS") return cors.preflight(request);
  return given instanceof Promise
    ? given.then((late) => cors.allow(late, request))
    : cors.allow(given, request);
}

/** Splits a URL. It is absolute, unless the request names no host, as a balancer's check by HTTP/1.0 does. */
function splitTarget(url: string): RequestTarget {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  const target = start < 0 ? "/" : url.slice(start);
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
