// What a client is told of its connection and by whom it is answered, as one list of short texts: answers to
// its frames, in the order of the frames, and in between what its watchlist brings.

/** The first message of a connection. */
export const CONNECTED = "connected";
/** The answer to a ping. */
export const PONG = "pong";
/** The answer to a sign-in. */
export const SIGNED_IN = "signed in";

/** A subscription was made. */
export function subscribed(channel: string): string {
  return `subscribed to ${channel}`;
}

/** The answer to what a client says of deltas; empty for its connection, else for the channel. */
export function deltas(channel: string): string {
  return `deltas ${channel}`;
}

/** A refusal. */
export function refused(code: number | null, message: string): string {
  return `refused ${code}: ${message}`;
}

/** Users that a client watches. */
export function watched(online: readonly string[], offline: readonly string[]): string {
  return `online ${online.join()} offline ${offline.join()}`;
}

/** A frame of the server's own, taken apart. */
export interface ServerMessage {
  /** Without its prefix. */
  readonly name: string;
  readonly data: unknown;
  readonly channel: string | undefined;
}

/** The text of such a message, null when it belongs to the events of a channel. */
export function answerOf({ name, data, channel }: ServerMessage): string | null {
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

/** The data of an answer to a subscription, by which two can be compared: the members of a presence channel in any order. */
export function rosterText(userIds: readonly string[] | null): string {
  return userIds === null ? "{}" : `${userIds.length}: ${userIds.toSorted().join()}`;
}

/** The same, from what came. */
export function rosterTextOf(data: string): string {
  if (data === "{}") return data;
  const { presence }: { presence: { count: number; ids: string[]; hash: object } } =
    JSON.parse(data);
  const { count, ids, hash } = presence;
  const agree =
    count === ids.length && Object.keys(hash).toSorted().join() === ids.toSorted().join();
  return agree ? rosterText(ids) : data;
}
