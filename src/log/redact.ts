// Removes secrets and payloads from what is logged. This is the second line of defence; the first is that no code logs
// payloads, signatures or secrets.

/** Replaces what was removed. */
export const REDACTED = "[redacted]";

const SECRET_KEY =
  /secret|passw(or)?d|token|signature|credential|cookie|authori[sz]ation|(^|[_-])auth([_-]|$)/;
/** Payloads: `data`, `channel_data`, `user_data`, but not `data_bytes`. */
const PAYLOAD_KEY = /(^|[_-])data$/;
const HUMP = /([a-z0-9])([A-Z])/g;

/** The user and password of a URL. */
const URL_CREDENTIALS = /:\/\/[^/?#@\s]*@/g;
const QUERY_SECRET = /((?:secret|password|token|signature|\bauth|_data)=)[^&\s"']+/gi;
/** A member of JSON, also of JSON inside JSON. The match may be too long but never too short. */
const JSON_SECRET =
  /((?:secret|password|token|signature|auth|data)\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*/gi;
const AUTHORIZATION = /\b((?:bearer|basic)\s+)[\w.~+/=-]{16,}/gi;
/** An HMAC-SHA256 digest anywhere in the text. */
const HEX_DIGEST = /[0-9a-f]{64,}/gi;

/** Whether the name of a field suggests a secret or a payload of an application. */
export function isSecretKey(key: string): boolean {
  const name = key.replace(HUMP, "$1_$2").toLowerCase();
  return SECRET_KEY.test(name) || PAYLOAD_KEY.test(name);
}

/** The text without passwords in URLs, signatures, and members that look like secrets. */
export function redactText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, `://${REDACTED}@`)
    .replace(QUERY_SECRET, `$1${REDACTED}`)
    .replace(JSON_SECRET, `$1${REDACTED}`)
    .replace(AUTHORIZATION, `$1${REDACTED}`)
    .replace(HEX_DIGEST, REDACTED);
}
