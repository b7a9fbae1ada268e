// What distinguishes clients of the same dialect, as far as it affects what they are sent. There
// are only four of these objects, shared by all sockets, so they cost a socket one reference.

/** The traits of a client. Compare them by member or by identity; never mutate them. */
export interface ClientTraits {
  /** Whether the client gets its own client events too. */
  readonly hearsItself: boolean;
  /**
   * Whether the client decodes deltas only after enabling them on its connection, whatever its subscriptions ask for.
   */
  readonly mustEnableDelta: boolean;
}

/** Neither trait: Pusher's clients. */
export const PUSHER_CLIENT: ClientTraits = { hearsItself: false, mustEnableDelta: false };
const ECHOED: ClientTraits = { hearsItself: true, mustEnableDelta: false };
const WHOLE: ClientTraits = { hearsItself: false, mustEnableDelta: true };
const BOTH: ClientTraits = { hearsItself: true, mustEnableDelta: true };

/** The shared object with these traits. */
export function clientTraits(hearsItself: boolean, mustEnableDelta: boolean): ClientTraits {
  if (mustEnableDelta) return hearsItself ? BOTH : WHOLE;
  return hearsItself ? ECHOED : PUSHER_CLIENT;
}
