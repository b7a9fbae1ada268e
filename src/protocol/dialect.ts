// The two dialects of the protocol: Pusher's, and Sockudo's second version, which differs here in
// the prefix of its own events. Applications' events are the same bytes in both.

/** The prefixes of a connection's protocol events. There are two of these objects: compare them by identity. */
export interface Dialect {
  readonly version: 1 | 2;
  /** `pusher:` or `sockudo:`. */
  readonly prefix: string;
  /** `pusher_internal:` or `sockudo_internal:`. */
  readonly internal: string;
}

/** Pusher's dialect, of protocols 4 to 7. */
export const V1: Dialect = { version: 1, prefix: "pusher:", internal: "pusher_internal:" };

/** Sockudo's, which a client asks for with `protocol=2`. */
export const V2: Dialect = { version: 2, prefix: "sockudo:", internal: "sockudo_internal:" };
