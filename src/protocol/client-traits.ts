// What a client is besides its dialect, as far as it decides what the client is sent. There are four of
// these objects, shared by all sockets: a socket costs one reference.

/** See the file's head. */
export interface ClientTraits {
  /** Whether it is sent its own client events too. */
  readonly hearsItself: boolean;
  /** Whether it decodes deltas only once it has asked for them on its connection, whatever its subscriptions ask. */
  readonly mustEnableDelta: boolean;
}

/** Neither: the traits of Pusher's clients. */
export const PUSHER_CLIENT: ClientTraits = { hearsItself: false, mustEnableDelta: false };
const ECHOED: ClientTraits = { hearsItself: true, mustEnableDelta: false };
const WHOLE: ClientTraits = { hearsItself: false, mustEnableDelta: true };
const BOTH: ClientTraits = { hearsItself: true, mustEnableDelta: true };

/** The shared object with these traits. */
export function clientTraits(hearsItself: boolean, mustEnableDelta: boolean): ClientTraits {
  if (mustEnableDelta) return hearsItself ? BOTH : WHOLE;
  return hearsItself ? ECHOED : PUSHER_CLIENT;
}
