// Signatures: what is signed, how, and how signatures are compared. HMAC-SHA256 in lower-case hex
// throughout. Sources: "Auth signatures" and "HTTP API reference" in Pusher's documentation, and
// the Ruby signing library whose error texts the live API returns.
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { App, Credential } from "./app.ts";

/** HMAC-SHA256 of the text, as 64 lower-case hex digits. */
export function sign(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** MD5 of the bytes, as 32 lower-case hex digits. It protects nothing by itself; the digest is signed. */
export function md5(bytes: Uint8Array): string {
  return hash("md5", bytes, "hex");
}

/**
 * Compares two hex digests in a time that does not reveal where they differ. Case is ignored, because some clients
 * send capitals.
 */
export function sameDigest(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given.toLowerCase());
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * The text that an application's server signs for a subscription. `channelData` is included whenever it was sent, on
 * any kind of channel.
 */
export function subscriptionText(
  socketId: string,
  channel: string,
  channelData: string | null,
): string {
  return channelData === null ? `${socketId}:${channel}` : `${socketId}:${channel}:${channelData}`;
}

/** The app's credential with this key, or null. */
export function credentialOf(app: App, key: string): Credential | null {
  for (const credential of app.credentials) if (credential.key === key) return credential;
  return null;
}
