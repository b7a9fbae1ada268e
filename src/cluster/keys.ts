// Keys of the census, which are also the names of the topics of channels: a channel, a signed-in user, or an app.

/** What a key stands for. */
export interface KeySubject {
  readonly kind: "channel" | "user" | "app";
  readonly appId: string;
  /** The channel's name or the user's id; empty for an app. */
  readonly name: string;
}

const KINDS: Readonly<Record<string, KeySubject["kind"]>> = { c: "channel", u: "user", a: "app" };

/** The key of a channel. */
export function channelKey(appId: string, channel: string): string {
  return `c:${escapeId(appId)}:${channel}`;
}

/** The key of a signed-in user. */
export function userKey(appId: string, userId: string): string {
  return `u:${escapeId(appId)}:${userId}`;
}

/** The key of an app's connections. */
export function appKey(appId: string): string {
  return `a:${escapeId(appId)}:`;
}

/** What the key stands for, or null if it is none. */
export function readKey(key: string): KeySubject | null {
  const kind = KINDS[key.charAt(0)];
  const end = key.indexOf(":", 2);
  if (kind === undefined || key.charAt(1) !== ":" || end < 0) return null;
  const escaped = key.slice(2, end);
  const appId = escaped.includes("%") ? unescapeId(escaped) : escaped;
  return { kind, appId, name: key.slice(end + 1) };
}

/** App ids may contain any character; the colon separates. */
function escapeId(appId: string): string {
  return /[:%]/.test(appId) ? appId.replaceAll("%", "%25").replaceAll(":", "%3A") : appId;
}

function unescapeId(text: string): string {
  return text.replaceAll("%3A", ":").replaceAll("%25", "%");
}
