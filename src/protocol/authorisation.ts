// Checks what an application's server has signed for a client: `KEY:SIGNATURE`, verified with the
// app's secrets.
import type { App } from "./app.ts";
import type { SubscribeCommand } from "./commands.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";
import { credentialOf, sameDigest, sign, subscriptionText } from "./signatures.ts";

/** The faults for an auth value that is invalid. */
export interface AuthFaults {
  readonly malformed: () => Fault;
  readonly wrongKey: (key: string) => Fault;
}

/**
 * Null if `auth` is `KEY:SIGNATURE` with a key of the app and that key's signature of the text; otherwise the reason.
 */
export function verifyAuth(app: App, auth: string, text: string, faults: AuthFaults): Fault | null {
  const colon = auth.indexOf(":");
  if (colon < 0 || auth.includes(":", colon + 1)) return faults.malformed();
  const credential = credentialOf(app, auth.slice(0, colon));
  if (credential === null) return faults.wrongKey(auth.slice(0, colon));
  const signature = auth.slice(colon + 1);
  return sameDigest(sign(credential.secret, text), signature)
    ? null
    : REFUSE.wrongSignature(text, signature);
}

/**
 * Null if the command is authorised for this socket and channel; otherwise the reason. The text that is signed for
 * one channel must never equal the text for another channel with `channel_data`. Names may contain a colon, which is
 * also the separator, so `channel_data` must be a JSON object: its opening brace cannot occur in a name.
 */
export function authoriseSubscription(
  app: App,
  socketId: string,
  { auth, channel, channelData }: SubscribeCommand,
): Fault | null {
  if (auth === null) return REFUSE.missingAuth(channel);
  if (channelData !== null && !isRecord(parseJson(channelData)))
    return REFUSE.malformedMember(channel);
  return verifyAuth(app, auth, subscriptionText(socketId, channel, channelData), {
    malformed: () => REFUSE.malformedAuth(channel),
    wrongKey: REFUSE.wrongKey,
  });
}
