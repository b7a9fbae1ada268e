// An application: who may connect and publish, and how much. Plain data, created by the
// configuration reader or by an app store.

import type { Algorithm } from "./delta-request.ts";

/** A key and its secret. An app may have several at once, so that a secret can be rotated without an outage. */
export interface Credential {
  readonly key: string;
  readonly secret: string;
}

/**
 * One application.
 *
 * `credentials` holds at least one pair, oldest first. Any of them authorises; the oldest signs webhooks.
 */
export interface App {
  readonly id: string;
  readonly credentials: readonly Credential[];
  /** A disabled app refuses connections with 4003 and requests with 403. */
  readonly enabled: boolean;
  /** Whether clients may send `client-` events on private and presence channels. */
  readonly clientEvents: boolean;
  /** Whether the API tells the number of a channel's subscriptions, and whether subscribers are sent it. */
  readonly subscriptionCount: boolean;
  /** Whether a signed-in user is told which users of its watchlist are online. */
  readonly watchlist: boolean;
  /**
   * Whether a connection is closed with 4009 if it does not sign in or subscribe to an authorised channel in time.
   */
  readonly authorisedConnections: boolean;
  /**
   * Whether an API request's signature is accepted only once. Off by default: stock libraries give two equal requests
   * in the same second the same signature.
   */
  readonly replayProtection: boolean;
  /**
   * Origins that browsers may connect from; empty for all. Forms: `*`, `https://example.com`, `example.com`,
   * `*.example.com`.
   */
  readonly allowedOrigins: readonly string[];
  readonly webhooks: readonly WebhookEndpoint[];
  /** Delta compression by channel, the most specific pattern first. The first match applies. */
  readonly channelDelta: readonly ChannelDelta[];
  readonly limits: AppLimits;
}

/** How the messages of some channels are compressed. Null means that the server's setting applies. */
export interface ChannelDelta {
  /** A channel's name, `prefix*`, `*suffix` or `*`. */
  readonly pattern: string;
  /** If false, messages are never compressed, whatever a client asks for. */
  readonly enabled: boolean;
  readonly algorithm: Algorithm | null;
  /** A dotted path into an event's data; empty for none. */
  readonly conflationKey: string | null;
  /** The maximum number of conflation keys, and so of chains, on one channel. */
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

/** One of the webhook events. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** An endpoint that receives an app's webhooks. */
export interface WebhookEndpoint {
  /** An http or https URL. */
  readonly url: string;
  /** The events to send; empty for all. */
  readonly events: readonly WebhookEvent[];
  readonly filter: ChannelFilter;
  /** Sent in addition to the standard headers. Headers listed in `RESERVED_WEBHOOK_HEADERS` have no effect here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Webhook headers, in lower case, that an endpoint's own headers cannot replace: they belong to the signature or
 * frame the request.
 */
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

/** Which channels an endpoint is interested in. All conditions that are given must hold. */
export interface ChannelFilter {
  readonly prefix: string | null;
  readonly suffix: string | null;
  /** `*` matches any characters; the rest is literal. */
  readonly pattern: string | null;
}

/** How much an app may use, and how strictly it is checked. For counts, `Infinity` means unlimited. */
export interface AppLimits {
  /** Simultaneous connections. Another one is closed with 4004. */
  readonly maxConnections: number;
  /** Characters of a channel's name, including its prefix. */
  readonly maxChannelNameLength: number;
  /** Characters of an event's name. */
  readonly maxEventNameLength: number;
  /** UTF-8 bytes of an event's data, including a client event's. */
  readonly maxEventDataBytes: number;
  /** Channels of one publish request. */
  readonly maxEventChannels: number;
  /** Events of one batch request. */
  readonly maxBatchEvents: number;
  /** Client events per second and connection. Another one is answered with 4301 and dropped. */
  readonly maxClientEventsPerSecond: number;
  /** Events per second that are published through the API. More are answered with 429. */
  readonly maxApiEventsPerSecond: number;
  /** API requests per second that only read. More are answered with 429. */
  readonly maxApiReadsPerSecond: number;
  /** Channels of one connection. */
  readonly maxSubscriptions: number;
  /** Distinct users of one presence channel. */
  readonly maxPresenceMembers: number;
  /** UTF-8 bytes of one member's user object (`user_info`). */
  readonly maxPresenceMemberBytes: number;
  /** Whether channel names must follow Pusher's rules, which exclude `:`. */
  readonly strictChannelNames: boolean;
  /**
   * Whether a `user_info` of `true` is refused, as Pusher does. Laravel sends it if the channel's callback only
   * returns `true`.
   */
  readonly strictPresence: boolean;
  /** Whether repeating a publish with the same idempotency key returns the first answer and publishes nothing. */
  readonly idempotency: boolean;
  /** How long an idempotency key is remembered. */
  readonly idempotencyTtlMs: number;
}

/**
 * Pusher's published limits: 164 characters, 10 KB, 100 channels, 10 events, 10 client events a second, 100 members,
 * 1 KB. Pusher does not limit the channels of a connection; the limit here only keeps one connection from filling the
 * memory.
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
