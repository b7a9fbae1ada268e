// What a route answers with: JSON text on success, a fault otherwise. Errors are plain text that
// ends in a line break, because the server libraries show the body as it is; a caller that asks
// for JSON gets JSON.
import { type Fault, isFault } from "../protocol/faults.ts";

/** The JSON text of a successful answer, another success, or why there is none. */
export type Answer = string | Accepted | Fault;

/** A success without a body: 202, of the deprecated endpoint alone. */
export interface Accepted {
  readonly kind: "accepted";
}

/** A success with nothing to say. Libraries compare it with the empty object. */
export const EMPTY = "{}";

/** The success of the deprecated endpoint. */
export const ACCEPTED: Accepted = { kind: "accepted" };

/** How an answer is written. */
export interface AnswerStyle {
  /** Headers of every answer: those of CORS. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the caller accepts; asked for only when there is an error to tell. */
  readonly accept: () => string;
  /** Names a refused request, in the answer and in the log. */
  readonly requestId: (fault: Fault) => string;
}

/** The answer as an HTTP response. */
export function toResponse(answer: Answer, style: AnswerStyle): Response {
  const { headers } = style;
  if (typeof answer === "string") return new Response(answer, { headers });
  if (!isFault(answer)) return new Response(null, { status: 202, headers });
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

/** Of every answer to somebody who is turned away: the connection ends, and what else was sent over it is not read. */
const LAST = new Headers({
  "Content-Type": "text/plain; charset=utf-8",
  "Retry-After": "1",
  Connection: "close",
});

/** The cheapest answer that there is, for those of whom there are too many: nothing of the request is looked at, and nothing is logged. */
export function turnAway({ status, message }: Fault): Response {
  return new Response(`${message}\n`, { status, headers: LAST });
}

/** A word for the kind of error, for programs. */
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
