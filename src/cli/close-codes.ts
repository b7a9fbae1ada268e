// The meaning of close codes, and whether to reconnect. The ranges are those of Pusher's protocol, as pusher-js
// implements them.

/** Whether and when to reconnect. */
export type Reconnect = "never" | "later" | "at once";

/** The meaning of a close code. */
export interface Meaning {
  readonly sentence: string;
  readonly again: Reconnect;
}

const SENTENCES: ReadonlyMap<number, string> = new Map([
  [1000, "it was closed in order"],
  [1001, "the server is going away"],
  [1002, "the server broke the WebSocket protocol, or there is no Pusher server"],
  [1006, "it broke off, or nobody listens there"],
  [1008, "the server refuses what was sent"],
  [1009, "a message was too large"],
  [1011, "the server has failed"],
  [1015, "its certificate is not trusted: give --ca FILE, or --insecure to take any"],
  [4000, "the app takes TLS alone, so the URL must begin with https"],
  [4001, "the server has no app with this key"],
  [4003, "the app is disabled"],
  [4004, "the app has as many connections as it may have"],
  [4005, "the server has no such path: is there a path prefix?"],
  [4006, "the server cannot read the version of this client"],
  [4007, "the server does not speak version 7 of the protocol"],
  [4008, "the server has seen no version of the protocol"],
  [4009, "the app does not let this connection in, or has ended it"],
  [4100, "the server is over capacity, or this client reads too slowly"],
  [4200, "the server is stopping, or has asked for a new connection"],
  [4201, "the server got no answer to its ping"],
  [4202, "the connection was idle for too long"],
]);

/** The meaning of `code`, by its range if it is unknown. */
export function meaningOf(code: number): Meaning {
  const again = reconnectAfter(code);
  return { sentence: SENTENCES.get(code) ?? RANGES[again], again };
}

const RANGES: Readonly<Record<Reconnect, string>> = {
  never: "it would be in vain to come back",
  later: "one may come back later",
  "at once": "one may come back at once",
};

function reconnectAfter(code: number): Reconnect {
  if (code === 1015) return "never";
  if (code < 4000) return "later";
  if (code < 4100) return "never";
  if (code < 4200) return "later";
  return code < 4300 ? "at once" : "never";
}
