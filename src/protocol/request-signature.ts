// The signature of an API request. It covers the method, the path and *every* query parameter
// except itself; `body_md5` covers the body. Source: HTTP API reference, "Authentication". The
// order of the checks and the error texts are those of the Ruby signing library that the live
// service uses.
import type { App } from "./app.ts";
import { type Fault, REJECT } from "./faults.ts";
import { percentDecode, type QueryParameter, queryValue } from "./query.ts";
import { credentialOf, md5, sameDigest, sign } from "./signatures.ts";

/** How many seconds a request's clock may differ from the server's. A difference of exactly this is too much. */
export const TIMESTAMP_GRACE_SECONDS = 600;

/** A request as its signer saw it. */
export interface SignedRequest {
  readonly method: string;
  /** The path as received, without the query. */
  readonly path: string;
  readonly parameters: readonly QueryParameter[];
}

/**
 * Null if the app signed the request and its timestamp is valid; otherwise the reason. The body is not needed for
 * this and is not read.
 */
export function verifyRequest(app: App, request: SignedRequest, nowSeconds: number): Fault | null {
  const { parameters } = request;
  const key = queryValue(parameters, "auth_key");
  if (key === null) return REJECT.unauthorised("Missing parameter: auth_key");
  const credential = credentialOf(app, key);
  if (credential === null) return REJECT.unauthorised("Unknown auth_key");
  const version = queryValue(parameters, "auth_version");
  if (version === null) return REJECT.unauthorised("Version required");
  if (version !== "1.0") return REJECT.unauthorised("Version not supported");
  return (
    verifyTimestamp(queryValue(parameters, "auth_timestamp"), nowSeconds) ??
    verifySignature(request, credential.secret)
  );
}

/** The text that is signed: method, path and sorted parameters, one per line, without escapes. */
export function requestText(
  method: string,
  path: string,
  parameters: readonly QueryParameter[],
): string {
  return `${method}\n${path}\n${signedParameters(parameters)}`;
}

function verifyTimestamp(timestamp: string | null, nowSeconds: number): Fault | null {
  if (timestamp === null || !/^\d{1,11}$/.test(timestamp))
    return REJECT.unauthorised("Timestamp required");
  const given = Number(timestamp);
  if (Math.abs(nowSeconds - given) < TIMESTAMP_GRACE_SECONDS) return null;
  return REJECT.unauthorised(
    `Timestamp expired: Given timestamp (${iso(given)}) not within ${TIMESTAMP_GRACE_SECONDS}s of server time (${iso(nowSeconds)})`,
  );
}

function verifySignature(request: SignedRequest, secret: string): Fault | null {
  const { method, path, parameters } = request;
  const given = queryValue(parameters, "auth_signature") ?? "";
  const text = requestText(method, path, parameters);
  if (sameDigest(sign(secret, text), given)) return null;
  // Some HTTP libraries escape the path after signing it, and PHP signs arrays joined by commas.
  const decoded = percentDecode(path);
  const joined = joinArrays(parameters);
  if (decoded !== path && sameDigest(sign(secret, requestText(method, decoded, parameters)), given))
    return null;
  if (joined !== parameters && sameDigest(sign(secret, requestText(method, path, joined)), given))
    return null;
  return REJECT.unauthorised(
    `Invalid signature: you should have sent HmacSHA256Hex(${JSON.stringify(text)}, your_secret_key), but you sent ${JSON.stringify(given.slice(0, 200))}`,
  );
}

/**
 * Null if a verified request is signed for exactly this body; otherwise the reason. A signature without the body's
 * digest could be replayed with another body.
 */
export function verifyBody(parameters: readonly QueryParameter[], body: Uint8Array): Fault | null {
  const given = queryValue(parameters, "body_md5");
  if (given === null && body.length === 0) return null;
  if (given === null) return REJECT.unauthorised("Missing parameter: body_md5");
  if (sameDigest(md5(body), given)) return null;
  return REJECT.unauthorised("Invalid body_md5: it must be the MD5 of the request body");
}

function signedParameters(parameters: readonly QueryParameter[]): string {
  const pairs: QueryParameter[] = [];
  let sorted = true;
  for (const [name, value] of parameters) {
    const key = name.toLowerCase();
    if (key === "auth_signature") continue;
    const last = pairs[pairs.length - 1];
    if (last !== undefined && key < last[0]) sorted = false;
    pairs.push([key, value]);
  }
  // Libraries usually send them in order. The sort is stable, so array elements keep their order, and it
  // compares code units, as the libraries do.
  if (!sorted) pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let text = "";
  for (const [name, value] of pairs) text += text === "" ? `${name}=${value}` : `&${name}=${value}`;
  return text;
}

function joinArrays(parameters: readonly QueryParameter[]): readonly QueryParameter[] {
  if (!parameters.some(([name]) => name.endsWith("]"))) return parameters;
  const joined = new Map<string, string>();
  for (const [name, value] of parameters) {
    const key = name.replace(/\[\d*\]$/, "");
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before},${value}`);
  }
  return [...joined];
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
