// What the hub needs of the outside. Nothing here waits: a call hands over and returns.
import type { ClientTraits } from "../protocol/client-traits.ts";
import type { Codec, Frame } from "../protocol/codec.ts";
import type { Fault } from "../protocol/faults.ts";

/** What carries frames to the sockets that came by it: one listener of the runtime, for example. Each carrier has its own topics. */
export interface Carrier {
  /**
   * Sends one frame to every socket on the topic that came by this carrier. Returns a positive number when all of them
   * took it at once, -1 when it is queued for one of them, 0 when one of them lost it.
   */
  publish(topic: string, frame: Frame): number;
}

/** One connection, as its transport offers it. */
export interface Peer {
  /** `digits.digits`, unique among all sockets and never used again. */
  readonly id: string;
  readonly codec: Codec;
  readonly traits: ClientTraits;
  /** What the client came by. */
  readonly carrier: Carrier;
  /** False once it is closed or being closed. */
  readonly isOpen: boolean;
  /** Bytes that are queued to be sent. */
  readonly bufferedBytes: number;
  /** Sends one frame, after everything that was published to the peer's topics before. */
  send(frame: Frame): void;
  /** From now on the peer gets what is published to the topic. */
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
  /** Sends one frame to every peer that has joined the topic, but not to `except`. The cost in JavaScript does not grow with their number. */
  publish(topic: string, frame: Frame, except: Peer | null): void;
}
