// Signing in: `pusher:signin` with a user that the application's server signed. Source: WebSocket
// protocol reference, "pusher:signin", and the signature documentation.
import type { App } from "./app.ts";
import { verifyAuth } from "./authorisation.ts";
import type { SigninCommand } from "./commands.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";
import { isUserId, MAX_USER_ID_LENGTH } from "./names.ts";

/** The maximum number of users that one user may watch. Of a longer list only the first ones are watched. */
export const MAX_WATCHLIST_LENGTH = 100;

/** The user that a connection is signed in as. */
export interface SignedInUser {
  readonly id: string;
  /** The user object as JSON text, for use on presence channels, or null. */
  readonly userInfo: string | null;
  /** The distinct ids of the watched users, at most 100. */
  readonly watchlist: readonly string[];
  /** Whether the list that was sent had to be cut. */
  readonly watchlistCut: boolean;
}

/** The text that an application's server signs. */
export function signinText(socketId: string, userData: string): string {
  return `${socketId}::user::${userData}`;
}

/** The user of a correctly signed command, or why it is refused. */
export function verifySignin(
  app: App,
  socketId: string,
  { auth, userData }: SigninCommand,
): SignedInUser | Fault {
  if (auth === null) return REFUSE.missingSigninAuth();
  if (userData === null) return REFUSE.missingUserData();
  const fault = verifyAuth(app, auth, signinText(socketId, userData), {
    malformed: REFUSE.malformedSigninAuth,
    wrongKey: REFUSE.wrongSigninKey,
  });
  if (fault !== null) return fault;
  return readUser(userData);
}

function readUser(userData: string): SignedInUser | Fault {
  const user = parseJson(userData);
  if (!isRecord(user)) return REFUSE.missingUserData();
  const { id, user_info: info = null, watchlist = [], capabilities = null } = user;
  // pusher-js considers itself signed out unless the id is a string.
  if (typeof id !== "string" || !isUserId(id)) return REFUSE.invalidSigninId(MAX_USER_ID_LENGTH);
  if (info !== null && !isRecord(info)) return REFUSE.invalidSigninInfo();
  // An application that signs capabilities relies on the user being allowed nothing else, which this server
  // does not enforce.
  if (capabilities !== null && !(isRecord(capabilities) && Object.keys(capabilities).length === 0))
    return REFUSE.unsupportedCapabilities();
  if (!Array.isArray(watchlist) || !watchlist.every((watched) => typeof watched === "string"))
    return REFUSE.invalidWatchlist();
  return {
    id,
    userInfo: info === null ? null : JSON.stringify(info),
    watchlist: [...new Set(watchlist.slice(0, MAX_WATCHLIST_LENGTH))],
    watchlistCut: watchlist.length > MAX_WATCHLIST_LENGTH,
  };
}
