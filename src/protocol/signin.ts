// Signing in: `pusher:signin` with a user that the application's server signed. Source: WebSocket
// protocol reference, "pusher:signin", and the signature documentation.
import type { App } from "./app.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";
import { isUserId, MAX_USER_ID_LENGTH } from "./names.ts";
import { credentialOf, sameDigest, sign } from "./signatures.ts";

/** Users that one user may watch; of a longer list the first ones count. */
export const MAX_WATCHLIST_LENGTH = 100;

/** `pusher:signin`. */
export interface SigninCommand {
  readonly kind: "signin";
  /** `KEY:SIGNATURE`, or null when none was sent. */
  readonly auth: string | null;
  /** The user's JSON text exactly as signed, or null when none was sent. */
  readonly userData: string | null;
}

/** Who a connection is signed in as. */
export interface SignedInUser {
  readonly id: string;
  /** The user object as JSON text, for presence channels, or null. */
  readonly userInfo: string | null;
  /** Distinct ids of those to be watched, at most 100. */
  readonly watchlist: readonly string[];
  /** Whether the list that was sent is longer than what is watched. */
  readonly watchlistCut: boolean;
}

/** The text that an application's server signs. */
export function signinText(socketId: string, userData: string): string {
  return `${socketId}::user::${userData}`;
}

/** The user of a rightly signed command, or why it is refused. */
export function readSignin(
  app: App,
  socketId: string,
  { auth, userData }: SigninCommand,
): SignedInUser | Fault {
  if (auth === null) return REFUSE.missingSigninAuth();
  if (userData === null) return REFUSE.missingUserData();
  const colon = auth.indexOf(":");
  if (colon < 0 || auth.includes(":", colon + 1)) return REFUSE.malformedSigninAuth();
  const credential = credentialOf(app, auth.slice(0, colon));
  if (credential === null) return REFUSE.wrongSigninKey(auth.slice(0, colon));
  const text = signinText(socketId, userData);
  const signature = auth.slice(colon + 1);
  if (!sameDigest(sign(credential.secret, text), signature))
    return REFUSE.wrongSignature(text, signature);
  return readUser(userData);
}

function readUser(userData: string): SignedInUser | Fault {
  const user = parseJson(userData);
  if (!isRecord(user)) return REFUSE.missingUserData();
  const { id, user_info: info = null, watchlist = [] } = user;
  // pusher-js takes itself for signed out unless the id is a text.
  if (typeof id !== "string" || !isUserId(id)) return REFUSE.invalidSigninId(MAX_USER_ID_LENGTH);
  if (info !== null && !isRecord(info)) return REFUSE.invalidSigninInfo();
  if (!Array.isArray(watchlist) || !watchlist.every((watched) => typeof watched === "string"))
    return REFUSE.invalidWatchlist();
  return {
    id,
    userInfo: info === null ? null : JSON.stringify(info),
    watchlist: [...new Set(watchlist.slice(0, MAX_WATCHLIST_LENGTH))],
    watchlistCut: watchlist.length > MAX_WATCHLIST_LENGTH,
  };
}
