// The member that a client brings to a presence channel, read from the `channel_data` that the
// application's server signed.
import type { AppLimits } from "./app.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { isRecord, parseJson } from "./json.ts";

/** Characters of a user id, at most (presence channel documentation). */
export const MAX_USER_ID_LENGTH = 128;

/** Who somebody is on a presence channel. */
export interface Identity {
  /** Also when it was signed as a number: its decimal text. */
  readonly userId: string;
  /** The user object as JSON text, or null when none was given. */
  readonly userInfo: string | null;
}

/** Reads `channel_data`: a JSON object with `user_id` and, perhaps, the object `user_info`. */
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
  if (!isRecord(info)) return REFUSE.invalidUserInfo();
  const userInfo = JSON.stringify(info);
  const bytes = Buffer.byteLength(userInfo);
  if (bytes > limits.maxPresenceMemberBytes)
    return REFUSE.userInfoTooLarge(bytes, limits.maxPresenceMemberBytes);
  return { userId, userInfo };
}
