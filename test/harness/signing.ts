// Signatures made by hand, as the API's reference describes them: for what the server library
// refuses to sign, and to be sure of what is signed.
import { createHash, createHmac } from "node:crypto";
import { APP } from "./target.ts";

/** What a request's signer may get wrong. */
export interface Signing {
  readonly key?: string;
  readonly secret?: string;
  readonly timestamp?: number;
  readonly version?: string;
  /** Query parameters beside those of the signature. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Path and query of a request that is signed. */
export function signRequest(
  method: string,
  path: string,
  body: string,
  signing: Signing = {},
): string {
  const parameters: Record<string, string> = {
    auth_key: signing.key ?? APP.key,
    auth_timestamp: String(signing.timestamp ?? Math.floor(Date.now() / 1000)),
    auth_version: signing.version ?? "1.0",
    ...(body === "" ? {} : { body_md5: md5(body) }),
    ...signing.parameters,
  };
  const query = Object.keys(parameters)
    .toSorted()
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");
  const signature = hmac(signing.secret ?? APP.secret, `${method}\n${path}\n${query}`);
  return `${path}?${query}&auth_signature=${signature}`;
}

/** The parameters of a subscription with this `channel_data`, whatever it says. */
export function signSubscription(
  socketId: string,
  channel: string,
  channelData: string,
): Readonly<Record<string, string>> {
  const signature = hmac(APP.secret, `${socketId}:${channel}:${channelData}`);
  return { channel, auth: `${APP.key}:${signature}`, channel_data: channelData };
}

/** MD5 in lower-case hex. */
export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}
