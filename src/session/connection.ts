// A WebSocket connection as the server sees it: the handlers that are called on it, and the
// transport that they are given.

import type { Frame } from "../protocol/codec.ts";

/** The transport of one connection. */
export interface Transport {
  /** Returns the number of bytes sent, -1 if the frame is queued, or 0 if it was dropped. */
  send(frame: Frame, compress: boolean): number;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  /**
   * Returns the number of bytes sent, -1 if they are queued for at least one socket, or 0 if they were dropped for at
   * least one.
   */
  publish(topic: string, frame: Frame, compress: boolean): number;
  ping(): unknown;
  /** The number of bytes that are queued to be sent. */
  getBufferedAmount(): number;
  /**
   * Sends a close frame. `Connection.closed` is called before this returns, but the file descriptor stays open until
   * the other side answers, for a few seconds at most.
   */
  close(code: number, reason: string): void;
}

/** The handlers of one connection. Every upgrade gets a connection, a refused one included. */
export interface Connection {
  /** The upgrade is done; the transport can be used from now on. */
  opened(transport: Transport): void;
  /** A text frame has arrived. */
  received(text: string): void;
  /** A binary frame has arrived. The protocol has none. */
  receivedBinary(): void;
  /** A control ping or pong has arrived. The runtime has already answered a ping. */
  receivedControl(): void;
  /** Some of what was queued for the client has been sent. */
  drained(): void;
  /** The connection has ended with this code, or the upgrade has failed. The transport can no longer be used. */
  closed(code: number): void;
}
