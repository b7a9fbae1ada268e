// Whether a client may subscribe to an authorised channel: the signature that the application's
// own server gave it, checked against the app's secrets.
import type { App } from "./app.ts";
import type { SubscribeCommand } from "./commands.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { credentialOf, sameDigest, sign, subscriptionText } from "./signatures.ts";

/** Null when `command.auth` is `KEY:SIGNATURE` with a key of the app and its signature of this socket and channel; else why not. */
export function authoriseSubscription(
  app: App,
  socketId: string,
  command: SubscribeCommand,
): Fault | null {
  const { auth, channel, channelData } = command;
  if (auth === null) return REFUSE.missingAuth(channel);
  const colon = auth.indexOf(":");
  if (colon < 0 || auth.includes(":", colon + 1)) return REFUSE.malformedAuth(channel);
  const credential = credentialOf(app, auth.slice(0, colon));
  if (credential === null) return REFUSE.wrongKey(auth.slice(0, colon));
  const text = subscriptionText(socketId, channel, channelData);
  const signature = auth.slice(colon + 1);
  if (!sameDigest(sign(credential.secret, text), signature))
    return REFUSE.wrongSignature(text, signature);
  return null;
}
