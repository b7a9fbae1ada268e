// A double of a connection's transport, which keeps what was done with it.
import type { Carrier } from "../../src/hub/ports.ts";
import type { Fault, LimitName } from "../../src/protocol/faults.ts";
import type { Connection, Transport } from "../../src/session/connection.ts";

/** What was noted at the admission. */
interface Noted {
  readonly refused: readonly Fault[];
  readonly limitHits: readonly LimitName[];
}

/** A carrier without sockets. */
export const NO_CARRIER: Carrier = { publish: () => 1 };

/** A transport without a network. */
export class TestTransport implements Transport {
  readonly connection: Connection;
  readonly refused: readonly Fault[];
  /** Limits of the node that were hit at its admission. */
  readonly limitHits: readonly LimitName[];
  readonly sent: string[] = [];
  readonly topics: Set<string> = new Set();
  buffered = 0;
  /** Whether what is sent waits. */
  waits = false;
  pings = 0;
  terminated = false;
  /** The close frame, or null. */
  closeFrame: readonly [code: number, reason: string] | null = null;

  constructor(connection: Connection, { refused, limitHits }: Noted) {
    this.connection = connection;
    this.refused = refused;
    this.limitHits = limitHits;
  }

  send(text: string): number {
    this.sent.push(text);
    return this.waits ? -1 : text.length;
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  publish(): number {
    return 1;
  }

  ping(): void {
    this.pings++;
  }

  getBufferedAmount(): number {
    return this.buffered;
  }

  close(code: number, reason: string): void {
    this.closeFrame = [code, reason];
  }

  terminate(): void {
    this.terminated = true;
  }
}
