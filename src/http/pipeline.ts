// The way of every API request: app, route, body, signature, limits, handler. The answer is made
// in one synchronous step once the body is there.
import type { Apps } from "../apps/apps.ts";
import type { AppHub, Hub } from "../hub/hub.ts";
import type { App } from "../protocol/app.ts";
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { percentDecode, type QueryParameter, queryValue, readQuery } from "../protocol/query.ts";
import { type SignedRequest, verifyRequest } from "../protocol/request-signature.ts";
import type { Answer } from "./answer.ts";
import type { ApiQuota } from "./quota.ts";
import type { SeenSignatures } from "./replay.ts";
import { findRoute } from "./routes.ts";

/** What the pipeline works on. */
export interface ApiContext {
  readonly hub: Hub;
  readonly apps: Apps;
  readonly quota: ApiQuota;
  readonly seen: SeenSignatures;
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

/** Answers a request for `path` (without prefix) and `query`, both raw as they came. Never throws for what a caller sent; rejects when its body cannot be read to the end. */
export async function answerApi(
  context: ApiContext,
  request: Request,
  path: string,
  query: string,
): Promise<Answer> {
  const receivedMs = context.clockMs();
  const target = await locate(context.apps, path, query);
  if (isFault(target)) return target;
  const { segments, parameters, app } = target;
  const route = findRoute(request.method, segments);
  if (isFault(route)) return route;
  if (app === null) return REJECT.unknownApp(path.split("/")[2] ?? "");
  const body = await request.bytes();
  const hub = context.hub.of(app);
  hub.counters.requests++;
  hub.counters.requestBytes += body.length;
  const signed: SignedRequest = { method: request.method, path, parameters, body };
  const fault = admit(context, app, signed);
  const answer = fault ?? route({ hub, segments, parameters, body });
  account(hub, answer);
  if (request.method === "POST" && !isFault(answer))
    context.published(app, context.clockMs() - receivedMs);
  return answer;
}

/** `/apps/ID/…`; and `/users/ID/terminate_connections` alone, as the Python library asks for it, with the app told by its key. */
async function locate(apps: Apps, path: string, query: string): Promise<Target | Fault> {
  const [root, id, ...rest] = path.slice(1).split("/");
  const parameters = readQuery(query);
  if (root === "apps" && id !== undefined)
    return {
      segments: rest.map(percentDecode),
      parameters,
      app: await apps.byId(percentDecode(id)),
    };
  if (root !== "users" || id === undefined) return REJECT.unknownRoute();
  const app = await apps.byKey(queryValue(parameters, "auth_key") ?? "");
  if (app === null) return REJECT.unauthorised("Unknown auth_key");
  return { segments: [root, percentDecode(id), ...rest], parameters, app };
}

function admit({ nowMs, quota, seen }: ApiContext, app: App, signed: SignedRequest): Fault | null {
  const nowSeconds = Math.floor(nowMs() / 1000);
  const fault = verifyRequest(app, signed, nowSeconds);
  if (fault !== null) return fault;
  if (!app.enabled) return REJECT.disabledApp();
  return (
    (app.replayProtection ? claim(seen, signed, nowSeconds) : null) ??
    quota.take(app, signed.method)
  );
}

function claim(
  seen: SeenSignatures,
  { parameters }: SignedRequest,
  nowSeconds: number,
): Fault | null {
  const signature = queryValue(parameters, "auth_signature") ?? "";
  const timestamp = Number(queryValue(parameters, "auth_timestamp"));
  return seen.claim(signature.toLowerCase(), timestamp, nowSeconds);
}

function account({ counters }: AppHub, answer: Answer): void {
  if (typeof answer === "string") counters.responseBytes += answer.length;
  else if (isFault(answer) && answer.limit !== undefined) counters.hit(answer.limit);
}
