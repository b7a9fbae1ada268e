// The signature of everything in the protocol, made without the server's own code.
import { createHmac } from "node:crypto";

/** HMAC-SHA256 in lower-case hex. */
export function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}
