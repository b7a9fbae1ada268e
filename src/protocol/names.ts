// The names of channels and users, and socket ids: which are valid, and what a channel's prefix
// means. The rules are those of Pusher's channel documentation; in addition a name may contain a
// colon, as with Sockudo. Prefixes are case-sensitive and include the trailing dash, so `privateer`
// is a public channel.
import type { AppLimits } from "./app.ts";

/** What a channel's name says about it. The objects are shared, so compare members and never mutate them. */
export interface ChannelKind {
  /** A subscription needs a signature of the application's server. */
  readonly authorised: boolean;
  /** Subscribers are members with a user id, and each of them knows the others. */
  readonly presence: boolean;
  /** The last event published through the API is kept for later subscribers. */
  readonly cached: boolean;
  /** The data is encrypted between publisher and clients, and opaque to the server. */
  readonly encrypted: boolean;
  /** The channel belongs to one signed-in user; only that user's connections may subscribe. */
  readonly user: boolean;
}

/** The prefix of a user's own channel; the user's id follows it. */
export const USER_CHANNEL_PREFIX = "#server-to-user-";

/** The maximum number of characters in a user id (presence channel documentation). */
export const MAX_USER_ID_LENGTH = 128;

const KINDS: readonly (readonly [prefix: string, kind: ChannelKind])[] = [
  ["private-encrypted-cache-", kind({ authorised: true, cached: true, encrypted: true })],
  ["private-encrypted-", kind({ authorised: true, encrypted: true })],
  ["private-cache-", kind({ authorised: true, cached: true })],
  ["private-", kind({ authorised: true })],
  ["presence-cache-", kind({ authorised: true, presence: true, cached: true })],
  ["presence-", kind({ authorised: true, presence: true })],
  ["cache-", kind({ cached: true })],
  [USER_CHANNEL_PREFIX, kind({ user: true })],
];
const PUBLIC = kind({});

function kind(given: Partial<ChannelKind>): ChannelKind {
  return {
    authorised: false,
    presence: false,
    cached: false,
    encrypted: false,
    user: false,
    ...given,
  };
}

/** The kind of a channel, by the longest prefix that matches its name. */
export function channelKind(channel: string): ChannelKind {
  // Most names have none of these prefixes. The first character settles that without scanning the table.
  const first = channel.charCodeAt(0);
  if (first !== 0x70 && first !== 0x63 && first !== 0x23) return PUBLIC;
  for (const [prefix, found] of KINDS) if (channel.startsWith(prefix)) return found;
  return PUBLIC;
}

const STRICT_NAME = /^[A-Za-z0-9_\-=@,.;]+$/;
const CHANNEL_NAME = /^[A-Za-z0-9_\-=@,.;:]+$/;
const SOCKET_ID = /^\d+\.\d+$/;

/** The limits that determine which channel names an app may use. */
export type NameLimits = Pick<AppLimits, "maxChannelNameLength" | "strictChannelNames">;

/**
 * Whether an application may use the name: letters, digits and `_ - = @ , . ;`, plus `:` unless the app is strict.
 */
export function isChannelName(
  channel: string,
  { maxChannelNameLength, strictChannelNames }: NameLimits,
): boolean {
  if (channel.length > maxChannelNameLength) return false;
  return (strictChannelNames ? STRICT_NAME : CHANNEL_NAME).test(channel);
}

/** Whether the name is that of a user's own channel. No other name may begin with `#`. */
export function isUserChannelName(channel: string): boolean {
  return channel.startsWith(USER_CHANNEL_PREFIX) && isUserId(userOfChannel(channel));
}

/** The user's id in the name of the user's own channel. */
export function userOfChannel(channel: string): string {
  return channel.slice(USER_CHANNEL_PREFIX.length);
}

/** Whether the id is valid for signing in: Pusher's alphabet for channel names, 1 to 128 characters. */
export function isUserId(id: string): boolean {
  return id.length <= MAX_USER_ID_LENGTH && STRICT_NAME.test(id);
}

/** Whether the text has the form of a socket id, `digits.digits`, which every Pusher library checks. */
export function isSocketId(text: string): boolean {
  return SOCKET_ID.test(text);
}
