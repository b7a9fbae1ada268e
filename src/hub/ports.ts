// What the hub needs from the transport, and what it is told of other nodes. No call waits: each
// hands something over and returns.
import type { ClientTraits } from "../protocol/client-traits.ts";
import type { Codec, Frame } from "../protocol/codec.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Identity } from "../protocol/member.ts";

/**
 * What carries frames to the sockets that connected through it, for example one listener of the runtime. Each carrier
 * has its own topics.
 */
export interface Carrier {
  /**
   * Sends one frame to every socket of this carrier on the topic. Returns a positive number if all of them took it at
   * once, -1 if it is queued for at least one of them, and 0 if it was dropped for at least one.
   */
  publish(topic: string, frame: Frame): number;
}

/** The part of a socket that its transport offers: it sends frames, and joins and leaves topics. */
export interface Peer {
  /** `digits.digits`, unique among all sockets and never reused. */
  readonly id: string;
  readonly codec: Codec;
  readonly traits: ClientTraits;
  /** What the client connected through. */
  readonly carrier: Carrier;
  /** False once the connection is closed or being closed. */
  readonly isOpen: boolean;
  /** The number of bytes that are queued to be sent. */
  readonly bufferedBytes: number;
  /** Sends one frame, after everything that was published to the peer's topics before. */
  send(frame: Frame): void;
  /** Subscribes the peer to the topic: it gets what is published from now on. */
  join(topic: string): void;
  /** Unsubscribes the peer from the topic. What was published before still arrives. */
  leave(topic: string): void;
  /** Like `Carrier.publish`, but leaves this socket out. */
  publish(topic: string, frame: Frame): number;
  /**
   * Checks whether the client keeps up. A lagging socket leaves its topics until it has read what is buffered; a
   * socket that reads too slowly is closed.
   */
  checkBuffer(): void;
  /**
   * Closes the connection with the fault's code and text. The socket stays in the hub until the connection has ended.
   */
  close(fault: Fault): void;
}

/** Where publications leave the hub. */
export interface Sink {
  /**
   * Sends one frame to every peer on the topic except `except`. The cost in JavaScript does not grow with the number
   * of peers.
   */
  publish(topic: string, frame: Frame, except: Peer | null): void;
}

/** What is elsewhere on a channel: on all other nodes together. */
export interface ChannelElsewhere {
  readonly subscriptionCount: number;
  /** The users who are members there; none if the channel is not a presence channel. */
  readonly members: readonly Identity[];
}
