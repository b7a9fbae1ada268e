// What an application's own server has signed for a client: `KEY:SIGNATURE`, checked against the
// app's secrets.
import type { App } from "./app.ts";
import type { SubscribeCommand } from "./commands.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";
import { credentialOf, sameDigest, sign, subscriptionText } from "./signatures.ts";

/** How what is wrong with an auth is told. */
export interface AuthFaults {
  readonly malformed: () => Fault;
  readonly wrongKey: (key: string) => Fault;
}

/** Null when `auth` is `KEY:SIGNATURE` with a key of the app and its signature of the text; else why not. */
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
 * Null when the command is authorised for this socket and channel; else why not. What is signed for a channel alone must
 * never be what is signed for another channel with `channel_data`: a colon may stand in names, so `channel_data` must be an
 * object, whose brace stands in no name.
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
