// The member that a client adds to a presence channel, read from the `channel_data` that the
// application's server signed.
import type { AppLimits } from "./app.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";
import { MAX_USER_ID_LENGTH } from "./names.ts";

/** A user's identity on a presence channel. */
export interface Identity {
  /** A user id that was signed as a number is stored as its decimal text. */
  readonly userId: string;
  /** The user object as JSON text, or null if there was none. */
  readonly userInfo: string | null;
}

/** The `user_info` that Laravel sends for a callback that returns `true`. Other members see it unchanged. */
export const USER_INFO_TRUE = "true";

/** Reads `channel_data`: a JSON object with `user_id` and, optionally, the object `user_info`. */
export function readMember(
  channel: string,
  channelData: string | null,
  limits: AppLimits,
): Identity | Fault {
  const data = channelData === null ? undefined : parseJson(channelData);
  if (!isRecord(data)) return REFUSE.missingMember(channel);
  const id = data["user_id"];
  const userId = typeof id === "number" ? String(id) : id;
  if (typeof userId !== "string" || userId === "" || userId.length > MAX_USER_ID_LENGTH)
    return REFUSE.invalidUserId(MAX_USER_ID_LENGTH);
  const info = data["user_info"] ?? null;
  if (info === null) return { userId, userInfo: null };
  if (info === true && !limits.strictPresence) return { userId, userInfo: USER_INFO_TRUE };
  if (!isRecord(info)) return REFUSE.invalidUserInfo();
  return boundMember({ userId, userInfo: JSON.stringify(info) }, limits);
}

/** The identity, or the fault if its user object is too large. */
export function boundMember(identity: Identity, limits: AppLimits): Identity | Fault {
  const bytes = identity.userInfo === null ? 0 : Buffer.byteLength(identity.userInfo);
  return bytes > limits.maxPresenceMemberBytes
    ? REFUSE.userInfoTooLarge(bytes, limits.maxPresenceMemberBytes)
    : identity;
}
