// The way of every API request: app, route, body, signature, handler. The answer is made in one
// synchronous step once the body is there.
import type { Apps } from "../apps/apps.ts";
import type { Hub } from "../hub/hub.ts";
import { isFault, REJECT } from "../protocol/faults.ts";
import { percentDecode, readQuery } from "../protocol/query.ts";
import { verifyRequest } from "../protocol/request-signature.ts";
import { type Answer, toResponse } from "./answer.ts";
import { findRoute } from "./routes.ts";

/** What the pipeline works on. */
export interface ApiContext {
  readonly hub: Hub;
  readonly apps: Apps;
  /** The wall clock in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Answers a request for `path` (without prefix), raw as it came, and its raw query. Never rejects for what a caller sent. */
export async function handleApi(
  context: ApiContext,
  request: Request,
  path: string,
  query: string,
): Promise<Response> {
  return toResponse(await answer(context, request, path, query));
}

async function answer(
  context: ApiContext,
  request: Request,
  path: string,
  query: string,
): Promise<Answer> {
  const [root, id, ...rest] = path.slice(1).split("/");
  if (root !== "apps" || id === undefined) return REJECT.unknownRoute();
  const segments = rest.map(percentDecode);
  const route = findRoute(request.method, segments);
  if (isFault(route)) return route;
  const app = await context.apps.byId(percentDecode(id));
  if (app === null) return REJECT.unknownApp(percentDecode(id));
  const body = await request.bytes();
  const parameters = readQuery(query);
  const signed = { method: request.method, path, parameters, body };
  const fault = verifyRequest(app, signed, Math.floor(context.nowMs() / 1000));
  if (fault !== null) return fault;
  if (!app.enabled) return REJECT.disabledApp();
  return route({ hub: context.hub.of(app), segments, parameters, body });
}
