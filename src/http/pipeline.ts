// The way of every API request: app, route, signature, body, limits, handler. The answer is made
// in one synchronous step once the body is there.
import type { Apps } from "../apps/apps.ts";
import type { AppHub, Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { percentDecode, type QueryParameter, queryValue, readQuery } from "../protocol/query.ts";
import { verifyBody, verifyRequest } from "../protocol/request-signature.ts";
import type { Answer } from "./answer.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { ApiQuota } from "./quota.ts";
import type { SeenRequests } from "./replay.ts";
import { findRoute, type Route } from "./routes.ts";

/** What the pipeline works on. */
export interface ApiContext {
  readonly hub: Hub;
  readonly apps: Apps;
  readonly quota: ApiQuota;
  readonly seen: SeenRequests;
  readonly keys: IdempotencyKeys;
  /** The wall clock in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** A clock in milliseconds that never goes back. */
  readonly clockMs: () => number;
  /** Told how long an app's publish took, from the arrival of its request to the handing over of its last frame. */
  readonly published: (app: App, durationMs: number) => void;
}

/** Where a request goes, before anything of it is checked. */
interface Target {
  readonly segments: readonly string[];
  readonly parameters: readonly QueryParameter[];
  readonly app: App | null;
}

/** A request on its way. */
interface Call {
  readonly context: ApiContext;
  readonly request: Request;
  /** Raw, without prefix. */
  readonly path: string;
  readonly receivedMs: number;
}

/** Answers a request for `path` (without prefix) and `query`, both raw as they came. Never throws for what a caller sent; rejects when its body cannot be read to the end. */
export function answerApi(
  context: ApiContext,
  request: Request,
  path: string,
  query: string,
): Answer | Promise<Answer> {
  const call: Call = { context, request, path, receivedMs: context.clockMs() };
  const target = locate(context.apps, path, query);
  // No `async`: where apps are in memory the body is all that has to be waited for.
  return target instanceof Promise
    ? target.then((located) => receive(call, located))
    : receive(call, target);
}

function receive(call: Call, target: Target | Fault): Answer | Promise<Answer> {
  if (isFault(target)) return target;
  const { request, path } = call;
  const route = findRoute(request.method, target.segments);
  if (isFault(route)) return route;
  const { app } = target;
  if (app === null) return REJECT.unknownApp(path.split("/")[2] ?? "");
  // Before the body is read: nobody else may make the server hold what he sends.
  const hub = call.context.hub.of(app);
  hub.counters.requests++;
  const { parameters } = target;
  const nowSeconds = Math.floor(call.context.nowMs() / 1000);
  const fault = verifyRequest(app, { method: request.method, path, parameters }, nowSeconds);
  if (fault !== null) return fault;
  return request.bytes().then((body) => handle(call, { ...target, app, route, body }));
}

/** A request whose app, route and body are there. */
interface Received {
  readonly app: App;
  readonly route: Route;
  readonly segments: readonly string[];
  readonly parameters: readonly QueryParameter[];
  readonly body: Uint8Array;
}

function handle({ context, request, receivedMs }: Call, received: Received): Answer {
  const { app, route, segments, parameters, body } = received;
  const hub = context.hub.of(app);
  hub.counters.requestBytes += body.length;
  const { method } = request;
  const spend = (eventCount: number): Fault | null => context.quota.takeEvents(app, eventCount);
  const idempotencyKey = (): string | null => request.headers.get("x-idempotency-key");
  const keys = context.keys.of(app);
  const fault = admit(context, method, received);
  const answer = fault ?? route({ hub, segments, parameters, body, spend, idempotencyKey, keys });
  account(hub, answer);
  if (method === "POST" && !isFault(answer)) context.published(app, context.clockMs() - receivedMs);
  return answer;
}

/** `/apps/ID/…`; and `/users/ID/terminate_connections` alone, as the Python library asks for it, with the app told by its key. */
function locate(apps: Apps, path: string, query: string): Target | Fault | Promise<Target | Fault> {
  const [root, id, ...rest] = path.slice(1).split("/");
  if (id === undefined || (root !== "apps" && root !== "users")) return REJECT.unknownRoute();
  const parameters = readQuery(query);
  const inApps = root === "apps";
  const segments = inApps ? rest.map(percentDecode) : [root, percentDecode(id), ...rest];
  const found = inApps
    ? apps.byId(percentDecode(id))
    : apps.byKey(queryValue(parameters, "auth_key") ?? "");
  const targetOf = (app: App | null): Target | Fault =>
    app === null && !inApps
      ? REJECT.unauthorised("Unknown auth_key")
      : { segments, parameters, app };
  return found instanceof Promise ? found.then(targetOf) : targetOf(found);
}

function admit(
  { nowMs, quota, seen }: ApiContext,
  method: string,
  { app, parameters, body }: Received,
): Fault | null {
  const fault = verifyBody(parameters, body);
  if (fault !== null) return fault;
  if (!app.enabled) return REJECT.disabledApp();
  return (
    (app.replayProtection ? claim(seen, app, parameters, Math.floor(nowMs() / 1000)) : null) ??
    (method === "GET" ? quota.takeRead(app) : null)
  );
}

function claim(
  seen: SeenRequests,
  { id }: App,
  parameters: readonly QueryParameter[],
  nowSeconds: number,
): Fault | null {
  const signature = queryValue(parameters, "auth_signature") ?? "";
  const timestamp = Number(queryValue(parameters, "auth_timestamp"));
  return seen.claim(id, signature.toLowerCase(), timestamp, nowSeconds);
}

function account({ counters }: AppHub, answer: Answer): void {
  if (typeof answer === "string") counters.responseBytes += answer.length;
  else if (isFault(answer) && answer.limit !== undefined) counters.hit(answer.limit);
}
