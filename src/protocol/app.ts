// An application: who may connect and publish, and how much. Plain data, made by a reader of
// configuration or by a store of apps; nothing here looks anything up.

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
  readonly limits: AppLimits;
}

/** What an app may use. `Infinity` means unlimited wherever a count is concerned. */
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
  /** Distinct users of one presence channel. */
  readonly maxPresenceMembers: number;
  /** UTF-8 bytes of one member's user object (`user_info`). */
  readonly maxPresenceMemberBytes: number;
}

/** Pusher's published limits: 164 characters, 10 KB, 100 channels, 10 events, 10 client events a second, 100 members, 1 KB. */
export const DEFAULT_LIMITS: AppLimits = {
  maxConnections: Infinity,
  maxChannelNameLength: 164,
  maxEventNameLength: 200,
  maxEventDataBytes: 10_240,
  maxEventChannels: 100,
  maxBatchEvents: 10,
  maxClientEventsPerSecond: 10,
  maxPresenceMembers: 100,
  maxPresenceMemberBytes: 1024,
};
