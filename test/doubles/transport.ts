// A double of a connection's transport. It behaves like the runtime's WebSockets and records what
// was done with it.
import type { Frame } from "../../src/protocol/codec.ts";
import type { Connection, Transport } from "../../src/session/connection.ts";
import { type Receiver, TestNetwork } from "./network.ts";

/** A transport over a test network. */
export class TestTransport implements Transport, Receiver {
  readonly connection: Connection;
  readonly id: string;
  readonly sent: string[] = [];
  readonly sentBytes: Uint8Array[] = [];
  readonly topics: Set<string> = new Set();
  buffered = 0;
  /** Whether sent frames are queued. */
  waits = false;
  /** Whether sent frames are dropped, as the runtime does above its limit. */
  refuses = false;
  pings = 0;
  /** The close frame, or null. */
  closeFrame: readonly [code: number, reason: string] | null = null;
  /** Called with every frame, in order. */
  onFrame: ((frame: Frame) => void) | null = null;
  readonly #network: TestNetwork;

  constructor(connection: Connection, network: TestNetwork = new TestNetwork(), id = "") {
    this.connection = connection;
    this.id = id;
    this.#network = network;
  }

  send(frame: Frame): number {
    if (this.refuses) return 0;
    this.receive(frame);
    return this.waits ? -1 : frame.length;
  }

  receive(frame: Frame): void {
    if (typeof frame === "string") this.sent.push(frame);
    else this.sentBytes.push(frame);
    this.onFrame?.(frame);
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
    this.#network.join(topic, this);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
    this.#network.leave(topic, this);
  }

  publish(topic: string, frame: Frame): number {
    return this.#network.deliver(topic, frame, this);
  }

  ping(): void {
    this.pings++;
  }

  getBufferedAmount(): number {
    return this.buffered;
  }

  /** As with the runtime, the connection has ended and is off its topics before this returns. */
  close(code: number, reason: string): void {
    this.closeFrame = [code, reason];
    this.end(code);
  }

  /** Ends the connection without a close frame from the server. */
  end(code: number): void {
    this.topics.clear();
    this.#network.leaveAll(this);
    this.connection.closed(code);
  }
}
