// What a route answers with: JSON text on success, a fault otherwise. Errors are plain text that
// ends in a line break, because the server libraries show the body as it is.
import { type Fault, isFault } from "../protocol/faults.ts";

/** The JSON text of a successful answer, or why there is none. */
export type Answer = string | Fault;

/** A success with nothing to say. Libraries compare it with the empty object. */
export const EMPTY = "{}";

const JSON_HEADERS = { "Content-Type": "application/json" };
const TEXT_HEADERS = { "Content-Type": "text/plain; charset=utf-8" };

/** The answer as an HTTP response. */
export function toResponse(answer: Answer): Response {
  if (!isFault(answer)) return new Response(answer, { headers: JSON_HEADERS });
  return new Response(`${answer.message}\n`, { status: answer.status, headers: TEXT_HEADERS });
}
