// What Sockudo's libraries may say of an event besides Pusher's parameters: the key that tells a repeat,
// and what would have to come with the message.
import { type Fault, REJECT } from "./faults.ts";
import { isRecord } from "./json.ts";

/**
 * Members of `extras` that need nothing more: a key, which is read below; `ephemeral`, since no history is kept
 * that it could be left out of; `echo`, since an event of the API has no connection that could hear itself.
 */
const HONOURED: ReadonlySet<string> = new Set([
  "idempotencyKey",
  "idempotency_key",
  "ephemeral",
  "echo",
]);

/** A fault that names what subscribers would have to get and would not, or null. */
export function findUnsupported(body: Record<string, unknown>): Fault | null {
  if (isGiven(body["message_id"])) return REJECT.unsupportedParameter("message_id");
  const { extras } = body;
  if (!isGiven(extras)) return null;
  if (!isRecord(extras)) return REJECT.extrasNotObject();
  for (const [name, value] of Object.entries(extras))
    if (!HONOURED.has(name) && isGiven(value)) return REJECT.unsupportedParameter(`extras.${name}`);
  return null;
}

/** The key that tells an event from its repeats: its own or, without one, that of the request. Null when there is none. */
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
