// What Sockudo's libraries may add to an event besides Pusher's parameters: an idempotency key, and
// members that would have to be delivered with the message.
import { type Fault, REJECT } from "./faults.ts";
import { isRecord } from "./json.ts";

/**
 * Members of `extras` that are accepted: the idempotency key, which is read below; `ephemeral`, which excludes a
 * message from the history, since there is no history; and `echo`, since an event of the API has no sending
 * connection to echo it to.
 */
const ACCEPTED_EXTRAS: ReadonlySet<string> = new Set([
  "idempotencyKey",
  "idempotency_key",
  "ephemeral",
  "echo",
]);

/** A fault that names a member which subscribers would have to get and would not, or null. */
export function findUnsupported(body: Record<string, unknown>): Fault | null {
  if (isGiven(body["message_id"])) return REJECT.unsupportedParameter("message_id");
  const { extras } = body;
  if (!isGiven(extras)) return null;
  if (!isRecord(extras)) return REJECT.extrasNotObject();
  for (const [name, value] of Object.entries(extras))
    if (!ACCEPTED_EXTRAS.has(name) && isGiven(value))
      return REJECT.unsupportedParameter(`extras.${name}`);
  return null;
}

/** The idempotency key: the event's own or, without one, that of the request. Null if there is none. */
export function readIdempotencyKey(
  body: Record<string, unknown>,
  requestKey: string | null,
  maxLength: number,
): string | null | Fault {
  const extras = isRecord(body["extras"]) ? body["extras"] : {};
  const key =
    body["idempotency_key"] ??
    requestKey ??
    extras["idempotencyKey"] ??
    extras["idempotency_key"] ??
    null;
  return key === null || (typeof key === "string" && key !== "" && key.length <= maxLength)
    ? key
    : REJECT.invalidIdempotencyKey(maxLength);
}

function isGiven(value: unknown): boolean {
  if (isRecord(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null;
}
