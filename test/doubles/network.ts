// Doubles of the hub's ports: a publish/subscribe server over plain sets, and sockets that keep
// what they were sent.
import type { Carrier, Peer, Sink } from "../../src/hub/ports.ts";
import type { Socket } from "../../src/hub/socket.ts";
import { Subscriptions } from "../../src/hub/subscriptions.ts";
import type { Algorithm } from "../../src/protocol/delta-request.ts";
import { type ClientTraits, PUSHER_CLIENT } from "../../src/protocol/client-traits.ts";
import type { Codec, Frame } from "../../src/protocol/codec.ts";
import { type Dialect, V1 } from "../../src/protocol/dialect.ts";
import type { Fault } from "../../src/protocol/faults.ts";
import { JSON_V1, JSON_V2 } from "../../src/protocol/json-codec.ts";
import type { SignedInUser } from "../../src/protocol/signin.ts";

/** What can be on a topic. */
export interface Receiver {
  /** The id of the socket. */
  readonly id: string;
  receive(frame: Frame): void;
}

/** Topics and the receivers on them. Counts the calls to `publish`. */
export class TestNetwork implements Sink {
  readonly topics: Map<string, Set<Receiver>> = new Map();
  publishCount = 0;
  /** The only carrier. */
  readonly carrier: Carrier = { publish: (topic, frame) => this.deliver(topic, frame, null) };

  publish(topic: string, frame: Frame, except: Peer | null): void {
    this.publishCount++;
    (except ?? this.carrier).publish(topic, frame);
  }

  join(topic: string, receiver: Receiver): void {
    this.topics.getOrInsertComputed(topic, () => new Set()).add(receiver);
  }

  leave(topic: string, receiver: Receiver): void {
    this.topics.get(topic)?.delete(receiver);
  }

  leaveAll(receiver: Receiver): void {
    for (const receivers of this.topics.values()) receivers.delete(receiver);
  }

  /** Returns 1, as if all receivers had taken the frame at once. */
  deliver(topic: string, frame: Frame, except: Receiver | null): number {
    for (const receiver of this.topics.get(topic) ?? [])
      if (receiver !== except) receiver.receive(frame);
    return 1;
  }
}

/** A socket that keeps its frames. */
export class TestSocket implements Socket {
  readonly id: string;
  readonly subscriptions: Subscriptions = new Subscriptions();
  readonly frames: string[] = [];
  closedWith: Fault | null = null;
  user: SignedInUser | null = null;
  authorised = false;
  bufferedBytes = 0;
  readonly dialect: Dialect;
  codec: Codec;
  traits: ClientTraits = PUSHER_CLIENT;
  deltaAlgorithm: Algorithm | "any" | null = null;
  readonly binary: Uint8Array[] = [];
  /** Called with every frame, in order. */
  onFrame: ((frame: Frame) => void) | null = null;
  readonly carrier: Carrier;
  readonly #network: TestNetwork;

  constructor(network: TestNetwork, id: string, dialect: Dialect = V1) {
    this.#network = network;
    this.carrier = network.carrier;
    this.dialect = dialect;
    this.codec = dialect === V1 ? JSON_V1 : JSON_V2;
    this.id = id;
  }

  get isOpen(): boolean {
    return this.closedWith === null;
  }

  send(frame: Frame): void {
    this.receive(frame);
  }

  receive(frame: Frame): void {
    if (typeof frame === "string") this.frames.push(frame);
    else this.binary.push(frame);
    this.onFrame?.(frame);
  }

  join(topic: string): void {
    this.#network.join(topic, this);
  }

  leave(topic: string): void {
    this.#network.leave(topic, this);
  }

  publish(topic: string, frame: Frame): number {
    return this.#network.deliver(topic, frame, this);
  }

  checkBuffer(): void {}

  close(fault: Fault): void {
    this.closedWith = fault;
  }

  /** Returns the frames so far, as `[event, data]`, and clears them. */
  take(): readonly (readonly [event: string, data: unknown])[] {
    return this.frames.splice(0).map((frame) => {
      const { event, data }: { event: string; data: unknown } = JSON.parse(frame);
      return [event, data] as const;
    });
  }
}
