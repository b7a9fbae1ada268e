// A client of a keyed feed that reads as slowly as a test wants and decodes as Sockudo's JavaScript client
// does, so that it may ask for deltas as well.
import { V1 } from "../../src/protocol/dialect.ts";
import { type Closing, frame, subscribeText } from "../harness/frames.ts";
import { parseObject } from "../harness/json.ts";
import type { Buffers } from "../harness/kernel-socket.ts";
import type { Scope } from "../harness/scope.ts";
import { SlowClient } from "../harness/slow-client.ts";
import type { Target } from "../harness/target.ts";
import { SockudoDecoder } from "../property/model/sockudo-decoder.ts";
import { keyOf } from "./keyed-stream.ts";

/** What is read, and how. */
export interface Reading {
  readonly channel: string;
  /** As in the subscription. */
  readonly delta?: boolean | undefined;
  /** Of the kernel; small ones by default. */
  readonly buffers?: Buffers;
}

/** One client. */
export class KeyedReader {
  readonly #client: SlowClient;
  readonly #decoder = new SockudoDecoder(V1);
  /** The numbers of the events that it has read, in the order in which they came. */
  readonly numbers: number[] = [];
  /** The last number of each key. */
  readonly #newest = new Map<string, number>();
  isSubscribed = false;

  /** Connects and subscribes. */
  constructor(scope: Scope, target: Target, { channel, delta, buffers = "small" }: Reading) {
    const receive = (text: string): void => this.#receive(text);
    this.#client = new SlowClient(scope, target, { buffers, receive });
    this.#client.send(frame(subscribeText({ channel, delta })));
  }

  /** Bytes that it has taken from the kernel. */
  get readBytes(): number {
    return this.#client.readBytes;
  }

  /** How the server has closed, or null. */
  get closing(): Closing | null {
    return this.#client.closing;
  }

  /** What the decoder could not make sense of. */
  get complaints(): readonly string[] {
    return [...this.#decoder.errors, ...this.#decoder.resyncs];
  }

  /** Whether it has read this value of each key, or a newer one. */
  hasAll(newest: ReadonlyMap<string, number>): boolean {
    for (const [key, number] of newest) if ((this.#newest.get(key) ?? -1) < number) return false;
    return true;
  }

  /** Reads what has come, by default all of it. Returns whether that was anything. */
  read(maxBytes?: number): boolean {
    return this.#client.read(maxBytes);
  }

  #receive(text: string): void {
    const { event } = parseObject(text);
    if (event === "pusher_internal:subscription_succeeded") this.isSubscribed = true;
    const delivery = this.#decoder.receive(text);
    if (delivery?.event !== "quote") return;
    const number = Number(parseObject(delivery.data)["number"]);
    this.numbers.push(number);
    this.#newest.set(keyOf(number), number);
  }
}
