// Names of channels, events and sockets: which are allowed and what a channel's prefix means.
// The rules are those of Pusher's channel documentation, and a colon may stand in a name as Sockudo's
// has it; prefixes are case-sensitive and include the trailing dash, so `privateer` is a public channel.
import type { AppLimits } from "./app.ts";

/** What a channel's name says about it. The objects are shared: compare by member, never mutate. */
export interface ChannelKind {
  /** A subscription needs a signature of the application's own server. */
  readonly authorised: boolean;
  /** Subscribers are members with a user id, and see one another. */
  readonly presence: boolean;
  /** The last event published through the API is kept for those who come later. */
  readonly cached: boolean;
  /** Data is opaque: encrypted between the publisher and the clients. */
  readonly encrypted: boolean;
  /** Belongs to one signed-in user, whose connections alone may subscribe. */
  readonly user: boolean;
}

/** What the name of a user's own channel begins with; the user's id follows. */
export const USER_CHANNEL_PREFIX = "#server-to-user-";

/** Characters of a user id, at most (presence channel documentation). */
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

/** The kind of a channel, by the longest prefix that its name has. */
export function channelKind(channel: string): ChannelKind {
  // Most names have none of the prefixes: the first character decides that without a scan of the table.
  const first = channel.charCodeAt(0);
  if (first !== 0x70 && first !== 0x63 && first !== 0x23) return PUBLIC;
  for (const [prefix, found] of KINDS) if (channel.startsWith(prefix)) return found;
  return PUBLIC;
}

const STRICT_NAME = /^[A-Za-z0-9_\-=@,.;]+$/;
const CHANNEL_NAME = /^[A-Za-z0-9_\-=@,.;:]+$/;
const SOCKET_ID = /^\d+\.\d+$/;

/** What decides which names an app may give its channels. */
export type NameLimits = Pick<AppLimits, "maxChannelNameLength" | "strictChannelNames">;

/** Whether an application may use the name: letters, digits and `_ - = @ , . ;`, and `:` unless the app is strict. */
export function isChannelName(
  channel: string,
  { maxChannelNameLength, strictChannelNames }: NameLimits,
): boolean {
  if (channel.length > maxChannelNameLength) return false;
  return (strictChannelNames ? STRICT_NAME : CHANNEL_NAME).test(channel);
}

/** Whether the name is that of a user's own channel; no other name may begin with `#`. */
export function isUserChannelName(channel: string): boolean {
  return channel.startsWith(USER_CHANNEL_PREFIX) && isUserId(userOfChannel(channel));
}

/** The user's id in the name of its own channel. */
export function userOfChannel(channel: string): string {
  return channel.slice(USER_CHANNEL_PREFIX.length);
}

/** Whether somebody may sign in with the id: Pusher's alphabet of channel names, 1 to 128 characters. */
export function isUserId(id: string): boolean {
  return id.length <= MAX_USER_ID_LENGTH && STRICT_NAME.test(id);
}

/** Whether the text has the form of a socket id, `digits.digits`, that every Pusher library checks for. */
export function isSocketId(text: string): boolean {
  return SOCKET_ID.test(text);
}
