// What the application's own server signs, of any text: rightly signed nonsense too.
import { createHmac } from "node:crypto";
import { APP } from "./target.ts";

/** `KEY:SIGNATURE` of the text. */
export function authOf(text: string): string {
  return `${APP.key}:${createHmac("sha256", APP.secret).update(text).digest("hex")}`;
}

/** The parameters of a rightly signed subscription. */
export function signedSubscription(
  socketId: string,
  channel: string,
  channelData?: string,
): Readonly<Record<string, string>> {
  if (channelData === undefined) return { channel, auth: authOf(`${socketId}:${channel}`) };
  const auth = authOf(`${socketId}:${channel}:${channelData}`);
  return { channel, auth, channel_data: channelData };
}

/** The frame of a rightly signed sign-in. */
export function signedSignin(socketId: string, userData: string): string {
  const auth = authOf(`${socketId}::user::${userData}`);
  return JSON.stringify({ event: "pusher:signin", data: { auth, user_data: userData } });
}
