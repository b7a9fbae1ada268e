// Signatures as the protocol's reference describes them, made without the server's own code: for what the
// server library refuses to sign, and to be sure of what is signed.
import { createHash, createHmac } from "node:crypto";
import { APP } from "./target.ts";

/** HMAC-SHA256 in lower-case hex: the signature of everything in the protocol. */
export function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** MD5 in lower-case hex. */
export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** What differs from a right signature of a request. */
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

/** Parameters of a frame. */
export type Parameters = Readonly<Record<string, string>>;

/** The parameters of a subscription, with this `channel_data` whatever it says. */
export function signSubscription(
  socketId: string,
  channel: string,
  channelData?: string,
): Parameters {
  if (channelData === undefined) return { channel, auth: authOf(`${socketId}:${channel}`) };
  const auth = authOf(`${socketId}:${channel}:${channelData}`);
  return { channel, auth, channel_data: channelData };
}

/** The parameters of a sign-in with this `user_data`, whatever it says. */
export function signSignin(socketId: string, userData: string): Parameters {
  return { auth: authOf(`${socketId}::user::${userData}`), user_data: userData };
}

function authOf(text: string): string {
  return `${APP.key}:${hmac(APP.secret, text)}`;
}
