// An application: who may connect and publish, and how much. Plain data, made by a reader of
// configuration or by a store of apps; nothing here looks anything up.

import type { Algorithm } from "./delta-request.ts";

/** A key and its secret. An app may have several at once, so that a secret can be rotated without an outage. */
export interface Credential {
  readonly key: string;
  readonly secret: string;
}

/**
 * One application.
 *
 * `credentials` holds at least one pair, oldest first: any of them authorises, the oldest signs webhooks.
 */
export interface App {
  readonly id: string;
  readonly credentials: readonly Credential[];
  /** A disabled app refuses connections with 4003 and requests with 403. */
  readonly enabled: boolean;
  /** Whether clients may send `client-` events on private and presence channels. */
  readonly clientEvents: boolean;
  /** Whether the number of a channel's subscriptions may be asked for and is told to its subscribers. */
  readonly subscriptionCount: boolean;
  /** Whether a signed-in user is told who of its watchlist is online. */
  readonly watchlist: boolean;
  /** Whether a connection is closed with 4009 that neither signs in nor subscribes to an authorised channel in time. */
  readonly authorisedConnections: boolean;
  /** Whether an API request's signature is accepted only once. Off by default: stock libraries sign two equal requests of one second alike. */
  readonly replayProtection: boolean;
  /** Origins that browsers may connect from; empty for all. Forms: `*`, `https://example.com`, `example.com`, `*.example.com`. */
  readonly allowedOrigins: readonly string[];
  readonly webhooks: readonly WebhookEndpoint[];
  /** Delta compression by channel, the most specific pattern first; the first that matches holds. */
  readonly channelDelta: readonly ChannelDelta[];
  readonly limits: AppLimits;
}

/** How the messages of some channels are compressed. Null leaves it to the server's setting. */
export interface ChannelDelta {
  /** A channel's name, `prefix*`, `*suffix` or `*`. */
  readonly pattern: string;
  /** False: never, whatever a client asks for. */
  readonly enabled: boolean;
  readonly algorithm: Algorithm | null;
  /** Dotted path into an event's data; empty for none. */
  readonly conflationKey: string | null;
  /** Conflation keys that are followed at once. */
  readonly maxKeys: number | null;
  /** Whether subscribers get the tags. */
  readonly deliverTags: boolean | null;
}

/** The events of webhooks, by their names on the wire (webhooks documentation). */
export const WEBHOOK_EVENTS = [
  "channel_occupied",
  "channel_vacated",
  "member_added",
  "member_removed",
  "client_event",
  "cache_miss",
  "subscription_count",
] as const;

/** One of them. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Where an app wants to be told what happens. */
export interface WebhookEndpoint {
  /** http or https. */
  readonly url: string;
  /** The events to send; empty for all. */
  readonly events: readonly WebhookEvent[];
  readonly filter: ChannelFilter;
  /** Sent besides the standard headers; `RESERVED_WEBHOOK_HEADERS` among them have no effect. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Headers of a webhook, in lower case, that an endpoint's own cannot replace: they are signed for, or they frame the request. */
export const RESERVED_WEBHOOK_HEADERS: ReadonlySet<string> = new Set([
  "x-pusher-key",
  "x-pusher-signature",
  "x-fanwire-delivery",
  "content-type",
  "content-length",
  "content-encoding",
  "host",
  "connection",
  "transfer-encoding",
  "expect",
  "te",
  "trailer",
  "upgrade",
]);

/** Which channels count: all conditions that are given must hold. */
export interface ChannelFilter {
  readonly prefix: string | null;
  readonly suffix: string | null;
  /** `*` stands for any characters; the rest is literal. */
  readonly pattern: string | null;
}

/** What an app may use, and how strictly it is judged. `Infinity` means unlimited wherever a count is concerned. */
export interface AppLimits {
  /** Sockets at once; one more is closed with 4004. */
  readonly maxConnections: number;
  /** Characters of a channel's name, its prefix included. */
  readonly maxChannelNameLength: number;
  /** Characters of an event's name. */
  readonly maxEventNameLength: number;
  /** UTF-8 bytes of an event's data, also of a client event. */
  readonly maxEventDataBytes: number;
  /** Channels of one publish request. */
  readonly maxEventChannels: number;
  /** Events of one batch request. */
  readonly maxBatchEvents: number;
  /** Client events a second and connection; one more is answered with 4301 and dropped. */
  readonly maxClientEventsPerSecond: number;
  /** Events a second that the API publishes; more is answered with 429. */
  readonly maxApiEventsPerSecond: number;
  /** API requests a second that only ask; more is answered with 429. */
  readonly maxApiReadsPerSecond: number;
  /** Channels of one connection. */
  readonly maxSubscriptions: number;
  /** Distinct users of one presence channel. */
  readonly maxPresenceMembers: number;
  /** UTF-8 bytes of one member's user object (`user_info`). */
  readonly maxPresenceMemberBytes: number;
  /** Whether names of channels are Pusher's, without `:`. */
  readonly strictChannelNames: boolean;
  /** Whether a `user_info` of `true` is refused, as Pusher does; Laravel sends it for a callback that says no more than yes. */
  readonly strictPresence: boolean;
  /** Whether a publish whose idempotency key has come before is answered as before, and not published again. */
  readonly idempotency: boolean;
  /** How long a key is remembered. */
  readonly idempotencyTtlMs: number;
}

/**
 * Pusher's published limits: 164 characters, 10 KB, 100 channels, 10 events, 10 client events a second, 100 members, 1 KB.
 * Pusher has no limit of channels for a connection; ours only keeps one connection from filling the memory.
 */
export const DEFAULT_LIMITS: AppLimits = {
  maxConnections: Infinity,
  maxChannelNameLength: 164,
  maxEventNameLength: 200,
  maxEventDataBytes: 10_240,
  maxEventChannels: 100,
  maxBatchEvents: 10,
  maxClientEventsPerSecond: 10,
  maxApiEventsPerSecond: Infinity,
  maxApiReadsPerSecond: Infinity,
  maxSubscriptions: 5000,
  maxPresenceMembers: 100,
  maxPresenceMemberBytes: 1024,
  strictChannelNames: false,
  strictPresence: false,
  idempotency: true,
  idempotencyTtlMs: 120_000,
};
