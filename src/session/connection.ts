// A WebSocket connection from the server's side: what its handlers call, and what they are given.

import type { Frame } from "../protocol/codec.ts";

/** The transport of one connection. */
export interface Transport {
  /** 0 when the frame was thrown away, -1 when it waits, else its length. */
  send(frame: Frame, compress: boolean): number;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  /** Bytes sent; -1 when they wait for somebody, 0 when they are lost to somebody. */
  publish(topic: string, frame: Frame, compress: boolean): number;
  ping(): unknown;
  /** Bytes that wait to be sent. */
  getBufferedAmount(): number;
  /** Sends a close frame. The connection is told that it has ended before this returns; its descriptor lives on until the other side answers, for a few seconds at most. */
  close(code: number, reason: string): void;
}

/** What a connection does with what happens to it. One for each upgrade, refused ones included. */
export interface Connection {
  /** The upgrade is done: the transport can be used from now on. */
  opened(transport: Transport): void;
  /** A text frame has come. */
  received(text: string): void;
  /** A binary frame has come; the protocol has none. */
  receivedBinary(): void;
  /** A control ping or pong has come; it is answered already. */
  receivedControl(): void;
  /** Some of what waited for the client has been sent. */
  drained(): void;
  /** The connection has ended with this code, or never came to be; the transport is dead. */
  closed(code: number): void;
}
