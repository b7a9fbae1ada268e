// What a route answers: JSON text on success, otherwise a fault. Errors are plain text that ends in
// a line break, because the server libraries show the body as it is. A caller that accepts JSON
// gets errors as JSON.
import type { Outcome } from "../node/outcome.ts";
import { type Fault, isFault } from "../protocol/faults.ts";

/** The JSON text of a successful answer, a success without a body or with remarks, or a fault. */
export type Answer = string | Accepted | Remarked | Fault;

/** A success without a body: status 202, used only by the deprecated publish endpoint. */
export interface Accepted {
  readonly kind: "accepted";
}

/** A success with something to know about it, which headers say. */
export interface Remarked {
  readonly kind: "remarked";
  readonly json: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The answer with headers about its outcome: `Fanwire-Reach: node` if other nodes may not get what was published, or get
 * it later, and `Fanwire-Incomplete: true` if something of other nodes may be missing.
 */
export function withOutcome(answer: Answer, { reach, isPartial }: Outcome): Answer {
  if (typeof answer !== "string" || (reach === "cluster" && !isPartial)) return answer;
  const headers = {
    ...(reach === "node" && { "Fanwire-Reach": "node" }),
    ...(isPartial && { "Fanwire-Incomplete": "true" }),
  };
  return { kind: "remarked", json: answer, headers };
}

/** A success that carries no data. Client libraries compare the body with the empty object. */
export const EMPTY = "{}";

/** The success of the deprecated publish endpoint. */
export const ACCEPTED: Accepted = { kind: "accepted" };

/** How an answer becomes a response. */
export interface AnswerStyle {
  /** The CORS headers, which every response gets. */
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's `Accept` header. Called only if there is an error to report. */
  readonly accept: () => string;
  /** Returns the id of a refused request, which appears in the response and in the log. */
  readonly requestId: (fault: Fault) => string;
}

/** Converts the answer to an HTTP response. */
export function toResponse(answer: Answer, style: AnswerStyle): Response {
  const { headers } = style;
  if (typeof answer === "string") return new Response(answer, { headers });
  if (!isFault(answer)) {
    if (answer.kind === "accepted") return new Response(null, { status: 202, headers });
    return new Response(answer.json, { headers: { ...headers, ...answer.headers } });
  }
  const { status, message } = answer;
  const json = style.accept().includes("application/json");
  return new Response(
    json ? JSON.stringify({ error: message, code: codeOf(status), status }) : `${message}\n`,
    {
      status,
      headers: {
        ...headers,
        "Content-Type": json ? "application/json" : "text/plain; charset=utf-8",
        "X-Request-Id": style.requestId(answer),
        ...(status === 429 ? { "Retry-After": "1" } : {}),
      },
    },
  );
}

/**
 * The headers of every response of `turnAway`. The connection is closed after it, so nothing else that was sent over
 * it is read.
 */
const CLOSE_HEADERS = new Headers({
  "Content-Type": "text/plain; charset=utf-8",
  "Retry-After": "1",
  Connection: "close",
});

/** The cheapest possible refusal, for floods of requests: nothing of the request is read, and nothing is logged. */
export function turnAway({ status, message }: Fault): Response {
  return new Response(`${message}\n`, { status, headers: CLOSE_HEADERS });
}

/** A machine-readable word for the kind of error. */
function codeOf(status: number): string {
  switch (status) {
    case 400:
      return "invalid_input";
    case 401:
      return "auth_failed";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 413:
      return "payload_too_large";
    case 414:
      return "uri_too_long";
    case 429:
      return "rate_limited";
    case 503:
      return "service_unavailable";
    default:
      return "internal_error";
  }
}
