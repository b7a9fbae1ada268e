// What must not stand in a log even when somebody hands it in: the second line of defence. The
// first is that nothing logs payloads, signatures or secrets.

/** Stands where something was taken out. */
export const REDACTED = "[redacted]";

const SECRET_KEY =
  /secret|passw(or)?d|token|signature|credential|cookie|authori[sz]ation|(^|[_-])auth([_-]|$)/;
/** Payloads: `data`, `channel_data`, `user_data`, but not `data_bytes`. */
const PAYLOAD_KEY = /(^|[_-])data$/;
const HUMP = /([a-z0-9])([A-Z])/g;

/** User and password of a URL. */
const URL_CREDENTIALS = /:\/\/[^/?#@\s]*@/g;
const QUERY_SECRET = /((?:secret|password|token|signature|\bauth|_data)=)[^&\s"']+/gi;
/** A member of JSON, also of JSON in JSON: to its end or further, never less. */
const JSON_SECRET =
  /((?:secret|password|token|signature|auth|data)\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*/gi;
const AUTHORIZATION = /\b((?:bearer|basic)\s+)[\w.~+/=-]{16,}/gi;
/** An HMAC-SHA256, wherever it stands. */
const HEX_DIGEST = /[0-9a-f]{64,}/gi;

/** Whether a field of that name is likely to hold a secret or what an application sent. */
export function isSecretKey(key: string): boolean {
  const name = key.replace(HUMP, "$1_$2").toLowerCase();
  return SECRET_KEY.test(name) || PAYLOAD_KEY.test(name);
}

/** The text without passwords of URLs, signatures and members that look like secrets. */
export function redactText(text: string): string {
  return text
    .replace(URL_CREDENTIALS, `://${REDACTED}@`)
    .replace(QUERY_SECRET, `$1${REDACTED}`)
    .replace(JSON_SECRET, `$1${REDACTED}`)
    .replace(AUTHORIZATION, `$1${REDACTED}`)
    .replace(HEX_DIGEST, REDACTED);
}
