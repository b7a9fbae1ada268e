// What can happen in an app, as plain values. There are two kinds, because they differ in cost: a
// channel event is built whether or not anybody listens, a trace event only while somebody does.

/** Anything that has happened in an app. */
export type AppEvent = ChannelEvent | TraceEvent;

/** A change on a channel that webhooks can report. Channels that belong to one signed-in user have none. */
export type ChannelEvent =
  | EdgeEvent
  | ClientEvent
  /** Reported for the first subscriber that misses a cached event, and not for later ones until there has been one. */
  | { readonly kind: "cache_miss"; readonly channel: string };

/** A change of who is on a channel, over all nodes. */
export type EdgeEvent =
  | { readonly kind: "channel_occupied"; readonly channel: string }
  | { readonly kind: "channel_vacated"; readonly channel: string }
  | { readonly kind: "member_added"; readonly channel: string; readonly userId: string }
  | { readonly kind: "member_removed"; readonly channel: string; readonly userId: string }
  | { readonly kind: "subscription_count"; readonly channel: string; readonly count: number };

/** A client event that was relayed. */
export interface ClientEvent {
  readonly kind: "client_event";
  readonly channel: string;
  readonly event: string;
  readonly data: string;
  readonly socketId: string;
  /** The sender's user id on a presence channel, else null. */
  readonly userId: string | null;
}

/** Single connections, subscriptions and publications, on users' own channels too. Frequent, so built only for taps. */
export type TraceEvent =
  | PublishedEvent
  | { readonly kind: "connected"; readonly socketId: string }
  /** Comes before the `unsubscribed` events of the subscriptions that the connection still had. */
  | { readonly kind: "disconnected"; readonly socketId: string }
  | { readonly kind: "subscribed"; readonly channel: string; readonly socketId: string }
  | { readonly kind: "unsubscribed"; readonly channel: string; readonly socketId: string };

/** A publication that came to this node from the API or from a client, after its delivery here. One event for all of its channels. */
export interface PublishedEvent {
  readonly kind: "published";
  readonly channels: readonly string[];
  /** The event's name. */
  readonly event: string;
  /** Size of the data in UTF-8, before compression. */
  readonly dataBytes: number;
  /** `client` for a client event, which is reported as `client_event` too. */
  readonly origin: "api" | "client";
}
