// The way of every API request: route, app, signature; then body, limits, handler. What is before the signature anybody
// may ask for, so that it is little. The answer is made in one synchronous step once the body is there, but for the list
// of all channels.
import type { AppHub } from "../hub/app-hub.ts";
import type { Awaitable } from "../node/awaitable.ts";
import type { Node } from "../node/node.ts";
import type { App } from "../protocol/app.ts";
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import {
  excessOf,
  percentDecode,
  type QueryParameter,
  queryValue,
  readQuery,
} from "../protocol/query.ts";
import { verifyBody, verifyRequest } from "../protocol/request-signature.ts";
import type { Answer } from "./answer.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { ApiQuota } from "./quota.ts";
import type { SeenRequests } from "./replay.ts";
import type { InSteps } from "./request.ts";
import { findRoute, type Route } from "./routes.ts";

const UNKNOWN_KEY = "Unknown auth_key";

/** What the pipeline works on. */
export interface ApiContext {
  readonly node: Node;
  readonly quota: ApiQuota;
  readonly seen: SeenRequests;
  readonly keys: IdempotencyKeys;
  /** For long work: others have a turn between its steps. */
  readonly inSteps: InSteps;
  /** The wall clock in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** A clock in milliseconds that never goes back. */
  readonly clockMs: () => number;
  /** Told how long an app's publish took, from the arrival of its request to the handing over of its last frame. */
  readonly published: (app: App, durationMs: number) => void;
}

/** A request that an app has signed, within its time. Its body has not been read. */
export interface SignedCall {
  readonly kind: "signed";
  /** The app's part of the hub: its app may change while the body is read. */
  readonly hub: AppHub;
  readonly route: Route;
  /** Decoded parts of the path behind `/apps/ID/`. */
  readonly segments: readonly string[];
  readonly parameters: readonly QueryParameter[];
  readonly request: Request;
  readonly receivedMs: number;
}

/** A request of the API before anybody has looked at it: path (without prefix) and query are raw as they came. */
export interface Incoming {
  readonly request: Request;
  readonly path: string;
  readonly query: string;
}

/** Who has signed the request and where it goes, or why it is refused. Never throws for what a caller sent, and reads nothing of the body: nobody else may make the server hold what he sends. */
export function identify(context: ApiContext, incoming: Incoming): Awaitable<SignedCall | Fault> {
  const { request, path, query } = incoming;
  const receivedMs = context.clockMs();
  const excess = excessOf(path, query);
  if (excess !== null) return REJECT.excessiveTarget(excess);
  const [root, id, ...rest] = path.slice(1).split("/");
  if (id === undefined || (root !== "apps" && root !== "users")) return REJECT.unknownRoute();
  const inApps = root === "apps";
  const segments = (inApps ? rest : [root, id, ...rest]).map(percentDecode);
  const route = findRoute(request.method, segments);
  if (isFault(route)) return route;
  const parameters = readQuery(query);
  // `/users/ID/terminate_connections` as the Python library asks for it: the app is told by its key.
  const found = inApps
    ? context.node.apps.byId(percentDecode(id))
    : context.node.apps.byKey(queryValue(parameters, "auth_key") ?? "");
  const judge = (hub: AppHub | null): SignedCall | Fault => {
    if (hub === null) return inApps ? REJECT.unknownApp(id) : REJECT.unauthorised(UNKNOWN_KEY);
    return verify(context, incoming, {
      hub,
      route,
      segments,
      parameters,
      receivedMs,
    });
  };
  // No `async`: where apps are in memory the body is all that has to be waited for.
  return found instanceof Promise ? found.then(judge) : judge(found);
}

function verify(
  context: ApiContext,
  { request, path }: Incoming,
  located: Omit<SignedCall, "kind" | "request">,
): SignedCall | Fault {
  const { hub, parameters } = located;
  hub.counters.requests++;
  const nowSeconds = Math.floor(context.nowMs() / 1000);
  const fault = verifyRequest(hub.app, { method: request.method, path, parameters }, nowSeconds);
  return fault ?? { kind: "signed", ...located, request };
}

/** Answers a signed request. Rejects when its body cannot be read to the end. */
export async function answerSigned(context: ApiContext, call: SignedCall): Promise<Answer> {
  const { hub, route, request, segments, parameters, receivedMs } = call;
  const body = await request.bytes();
  const { app } = hub;
  hub.counters.requestBytes += body.length;
  const spend = (eventCount: number): Fault | null => context.quota.takeEvents(app, eventCount);
  const idempotencyKey = (): string | null => request.headers.get("x-idempotency-key");
  const keys = context.keys.of(app);
  const fault = checkLimits(context, call, body);
  const given =
    fault ??
    route({
      node: context.node,
      hub,
      segments,
      parameters,
      body,
      spend,
      idempotencyKey,
      inSteps: context.inSteps,
      keys,
    });
  // Nothing waits where the answer is there.
  const answer = given instanceof Promise ? await given : given;
  account(hub, answer);
  if (request.method === "POST" && !isFault(answer))
    context.published(app, context.clockMs() - receivedMs);
  return answer;
}

function checkLimits(
  { nowMs, quota, seen }: ApiContext,
  { hub, parameters, request }: SignedCall,
  body: Uint8Array,
): Fault | null {
  const { app } = hub;
  const fault = verifyBody(parameters, body);
  if (fault !== null) return fault;
  if (!app.enabled) return REJECT.disabledApp();
  return (
    (app.replayProtection ? claim(seen, app, parameters, Math.floor(nowMs() / 1000)) : null) ??
    (request.method === "GET" ? quota.takeRead(app) : null)
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
