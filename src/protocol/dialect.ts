// The two dialects of the protocol: Pusher's, and version 2 of Sockudo's, which here differs only
// in the prefix of the server's own events. Application events are the same bytes in both.

/** The prefixes of a connection's protocol events. There are only two such objects, so compare them by identity. */
export interface Dialect {
  readonly version: 1 | 2;
  /** `pusher:` or `sockudo:`. */
  readonly prefix: string;
  /** `pusher_internal:` or `sockudo_internal:`. */
  readonly internal: string;
}

/** Pusher's dialect, for protocols 4 to 7. */
export const V1: Dialect = { version: 1, prefix: "pusher:", internal: "pusher_internal:" };

/** Sockudo's dialect, which a client selects with `protocol=2`. */
export const V2: Dialect = { version: 2, prefix: "sockudo:", internal: "sockudo_internal:" };
