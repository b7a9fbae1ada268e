// The replies to a client, as short texts in one list: those to its frames, in the order of the frames, and
// between them what it is told of the users that it watches.

/** The first message of a connection. */
export const CONNECTED = "connected";
/** The reply to a ping. */
export const PONG = "pong";
/** The reply to a sign-in. */
export const SIGNED_IN = "signed in";

/** The reply to a subscription. */
export function subscribed(channel: string): string {
  return `subscribed to ${channel}`;
}

/** The reply to a delta request. An empty channel stands for the connection. */
export function deltas(channel: string): string {
  return `deltas ${channel}`;
}

/** A refusal. */
export function refused(code: number | null, message: string): string {
  return `refused ${code}: ${message}`;
}

/** What a watcher is told. */
export function watched(online: readonly string[], offline: readonly string[]): string {
  return `online ${online.join()} offline ${offline.join()}`;
}

/** A message of the server, as read from its frame. */
export interface ServerMessage {
  /** Without its prefix. */
  readonly name: string;
  readonly data: unknown;
  readonly channel: string | undefined;
}

/** The text of the message, or null if it is an event of a channel and not a reply. */
export function replyOf({ name, data, channel }: ServerMessage): string | null {
  switch (name) {
    case "connection_established":
      return CONNECTED;
    case "pong":
      return PONG;
    case "signin_success":
      return SIGNED_IN;
    case "subscription_succeeded":
      return subscribed(channel ?? "");
    case "delta_compression_enabled":
      return deltas(channel ?? "");
    case "error": {
      const { code, message } = record(data);
      return refused(typeof code === "number" ? code : null, String(message));
    }
    case "watchlist_events":
      return watchlistText(data);
    default:
      return null;
  }
}

function watchlistText(data: unknown): string {
  const { events }: { events: { name: string; user_ids: string[] }[] } = JSON.parse(String(data));
  const ids = (name: string): string[] =>
    events.filter((event) => event.name === name).flatMap((event) => event.user_ids);
  return watched(ids("online"), ids("offline"));
}

function record(data: unknown): Record<string, unknown> {
  return typeof data === "object" && data !== null ? { ...data } : {};
}

/** The data of the reply to a subscription in a comparable form: the members of a presence channel, sorted. */
export function rosterText(userIds: readonly string[] | null): string {
  return userIds === null ? "{}" : `${userIds.length}: ${userIds.toSorted().join()}`;
}

/** The same form of the data that came. */
export function rosterTextOf(data: string): string {
  if (data === "{}") return data;
  const { presence }: { presence: { count: number; ids: string[]; hash: object } } =
    JSON.parse(data);
  const { count, ids, hash } = presence;
  const agree =
    count === ids.length && Object.keys(hash).toSorted().join() === ids.toSorted().join();
  return agree ? rosterText(ids) : data;
}
