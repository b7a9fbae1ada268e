// Answers of the signed API and refusals. Unsigned requests are counted by client address before any work is done for
// them.
import { type Answer, toResponse, turnAway } from "../http/answer.ts";
import { answerSigned, identify, type SignedCall } from "../http/pipeline.ts";
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { clientOf } from "./client-address.ts";
import type { RequestTarget, RuntimeServer, ServerParts } from "./entrance.ts";

/** Answers a request to the API. */
export function answerApi(
  parts: ServerParts,
  request: Request,
  server: RuntimeServer,
  target: RequestTarget,
): Response | Promise<Response> {
  const { apiRate, cors, api, unsignedBudget } = parts;
  // Only called where requests are counted: finding the address of a signed request would cost more than publishing it.
  const client = (): string => clientOf(parts, request, server);
  // A request with a signature is not counted before the signature is checked: others who share the application's
  // address must not be able to use up its requests.
  const isUnsigned = request.method === "OPTIONS" || !target.query.includes("auth_signature=");
  if (isUnsigned && !unsignedBudget.take(client())) return tooManyUnsigned(parts);
  if (request.method === "OPTIONS") return cors.preflight(request);
  if (apiRate !== null && !apiRate.take(client())) return refuse(parts, apiRate.fault, request);
  const judged = (caller: SignedCall | Fault): Response | Promise<Response> => {
    if (!isFault(caller))
      return answerSigned(api, caller).then((given) => respond(parts, given, request));
    if (!isUnsigned && !unsignedBudget.take(client())) return tooManyUnsigned(parts);
    return refuse(parts, caller, request);
  };
  const caller = identify(api, { request, ...target });
  return caller instanceof Promise ? caller.then(judged) : judged(caller);
}

/** The answer in the format that the client accepts. */
export function respond(
  { cors, requestId }: ServerParts,
  given: Answer,
  request: Request | null,
): Response {
  return toResponse(given, {
    headers: cors.headers(request),
    accept: () => request?.headers.get("accept") ?? "",
    requestId,
  });
}

/** Refuses a client that has made too many unsigned requests. */
export function tooManyUnsigned(parts: ServerParts): Response {
  return sendAway(parts, REJECT.tooManyUnsigned());
}

/** Refuses with the least possible work. */
export function sendAway(parts: ServerParts, fault: Fault): Response {
  if (fault.limit !== undefined) parts.limitHit(fault.limit);
  return turnAway(fault);
}

function refuse(parts: ServerParts, fault: Fault, request: Request): Response {
  if (fault.limit !== undefined) parts.limitHit(fault.limit);
  return respond(parts, fault, request);
}
