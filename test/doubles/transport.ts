// A double of a connection's transport, which keeps what was done with it.
import type { Carrier } from "../../src/hub/ports.ts";
import type { Frame } from "../../src/protocol/codec.ts";
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
  readonly sentBytes: Uint8Array[] = [];
  readonly topics: Set<string> = new Set();
  buffered = 0;
  /** Whether what is sent waits. */
  waits = false;
  /** Whether what is sent is dropped, as the runtime does above its limit. */
  refuses = false;
  pings = 0;
  /** The close frame, or null. */
  closeFrame: readonly [code: number, reason: string] | null = null;

  constructor(connection: Connection, { refused, limitHits }: Noted) {
    this.connection = connection;
    this.refused = refused;
    this.limitHits = limitHits;
  }

  send(frame: Frame): number {
    if (this.refuses) return 0;
    if (typeof frame === "string") this.sent.push(frame);
    else this.sentBytes.push(frame);
    return this.waits ? -1 : frame.length;
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

  /** As the runtime does, it tells the connection before it returns. */
  close(code: number, reason: string): void {
    this.closeFrame = [code, reason];
    this.connection.closed(code);
  }
}
