// The path of every API request: route, app and signature first; then body, limits and handler.
// Anyone can make the server do the part before the signature check, so that part is cheap. Once
// the body is there, the answer is made in one synchronous step, unless other nodes must be waited
// for or the list of all channels is requested.
import type { AppHub } from "../hub/app-hub.ts";
import type { Awaitable } from "../node/awaitable.ts";
import type { Node } from "../node/node.ts";
import { newOutcome } from "../node/outcome.ts";
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
import { type Answer, withOutcome } from "./answer.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { ApiQuota } from "./quota.ts";
import type { SeenRequests } from "./replay.ts";
import type { InSteps } from "./request.ts";
import { findRoute, type Route } from "./routes.ts";

const UNKNOWN_KEY = "Unknown auth_key";

/** What the pipeline works with. */
export interface ApiContext {
  readonly node: Node;
  readonly quota: ApiQuota;
  readonly seen: SeenRequests;
  readonly keys: IdempotencyKeys;
  /** Runs long work in steps, with other work in between. */
  readonly inSteps: InSteps;
  /** The wall clock, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** A clock in milliseconds that never goes back. */
  readonly clockMs: () => number;
  /**
   * Called with the time that an app's publish took, from the arrival of the request to the sending of the last
   * frame.
   */
  readonly published: (app: App, durationMs: number) => void;
}

/** A request with a valid signature and timestamp. Its body has not been read. */
export interface SignedCall {
  readonly kind: "signed";
  /** The app's hub rather than the app, because the app may change while the body is read. */
  readonly hub: AppHub;
  readonly route: Route;
  /** The decoded segments of the path after `/apps/ID/`. */
  readonly segments: readonly string[];
  readonly parameters: readonly QueryParameter[];
  readonly request: Request;
  readonly receivedMs: number;
}

/** An API request that has not been checked at all. Path (without prefix) and query are as received. */
export interface Incoming {
  readonly request: Request;
  readonly path: string;
  readonly query: string;
}

/**
 * Determines who signed the request and which route it takes, or why it is refused. Never throws, whatever the
 * request contains. Does not read the body, because only a caller with a valid signature may make the server hold
 * data in memory.
 */
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
  // The Python library requests `/users/ID/terminate_connections`; there the app is identified by its key.
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
  // Not an `async` function: with apps in memory, the body is the only thing to wait for.
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

/** Answers a signed request. Rejects if its body cannot be read completely. */
export async function answerSigned(context: ApiContext, call: SignedCall): Promise<Answer> {
  const { hub, route, request, segments, parameters, receivedMs } = call;
  const body = await request.bytes();
  const { app } = hub;
  hub.counters.requestBytes += body.length;
  const spend = (eventCount: number): Fault | null => context.quota.takeEvents(app, eventCount);
  const idempotencyKey = (): string | null => request.headers.get("x-idempotency-key");
  const keys = context.keys.of(app);
  const fault = checkLimits(context, call, body);
  const outcome = newOutcome();
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
      outcome,
    });
  // Waits only if the route has to wait.
  const answer = given instanceof Promise ? await given : given;
  account(hub, answer);
  if (request.method === "POST" && !isFault(answer))
    context.published(app, context.clockMs() - receivedMs);
  return withOutcome(answer, outcome);
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
