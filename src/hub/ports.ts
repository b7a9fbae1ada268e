// What the hub needs of the outside. Nothing here waits: a call hands over and returns.
import type { Algorithm } from "../protocol/delta-wish.ts";
import type { ClientTraits } from "../protocol/client-traits.ts";
import type { Dialect } from "../protocol/dialect.ts";
import type { Fault } from "../protocol/faults.ts";
import type { SignedInUser } from "../protocol/signin.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** A text frame, or a binary one. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** What carries frames to the sockets that came by it: one listener of the runtime, for example. Each carrier has its own topics. */
export interface Carrier {
  /**
   * Sends one frame to every socket on the topic that came by this carrier. Returns a positive number when all of them
   * took it at once, -1 when it waits for one of them, 0 when one of them lost it.
   */
  publish(topic: string, frame: Frame): number;
}

/** A connected client as the hub sees it. */
export interface Socket {
  /** `digits.digits`, unique among all sockets and never used again. */
  readonly id: string;
  readonly dialect: Dialect;
  readonly traits: ClientTraits;
  /** What the client came by. */
  readonly carrier: Carrier;
  /** The delta algorithm of subscriptions that do not say what they want, `any` where that is left to the server; null for none. The hub alone changes it. */
  deltaAlgorithm: Algorithm | "any" | null;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** By channel name. The hub alone changes it. */
  readonly subscriptions: Subscriptions;
  /** Who the connection is signed in as, or null. The hub alone changes it. */
  user: SignedInUser | null;
  /** Whether it has signed in or been on an authorised channel. The hub alone changes it. */
  authorised: boolean;
  /** Sends one text frame, after everything that was published to the socket's topics before. */
  send(text: string): void;
  /** From now on the socket gets what is published to the topic. */
  join(topic: string): void;
  /** What was published to the topic before still arrives. */
  leave(topic: string): void;
  /** Does what `Carrier.publish` does, but leaves this socket out. */
  publish(topic: string, frame: Frame): number;
  /** Checks whether the client keeps up. One that lags leaves its topics until it has read what waits for it; one that reads too little is closed. */
  checkBuffer(): void;
  /** Ends the connection with the fault's code and text. The socket stays known until it has ended. */
  close(fault: Fault): void;
}

/** Where publications leave the hub. */
export interface Sink {
  /** Sends one frame to every socket that has joined the topic, but not to `except`. The cost in JavaScript does not grow with their number. */
  publish(topic: string, frame: Frame, except: Socket | null): void;
}
