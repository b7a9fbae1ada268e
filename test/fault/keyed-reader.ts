// A client of a keyed feed that reads as slowly as a test wants: what it has not read stays in the
// kernel. It answers pings when it comes to read them, and decodes as Sockudo's JavaScript client
// does, so that it may ask for deltas as well.
import { upgradeRequest } from "../harness/frame-client.ts";
import { frame, FrameReader, OPCODE, readClosing, readHead } from "../harness/frames.ts";
import { parseObject } from "../harness/json.ts";
import { DeafClient } from "../harness/kernel-socket.ts";
import type { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";
import { V1 } from "../../src/protocol/dialect.ts";
import { SockudoDecoder } from "../property/model/sockudo-decoder.ts";
import { keyOf } from "./keyed-stream.ts";

/** What is read, and how. */
export interface Reading {
  readonly channel: string;
  /** As in the subscription. */
  readonly delta?: boolean | undefined;
  /** Of the kernel; small ones by default. */
  readonly buffers?: "small" | "usual";
}

/** See the file's head. */
export class KeyedReader {
  readonly #client: DeafClient;
  readonly #reader = new FrameReader();
  readonly #decoder = new SockudoDecoder(V1);
  #isUpgraded = false;
  /** The numbers of the events that it has read, in the order in which they came. */
  readonly numbers: number[] = [];
  /** The last number of each key. */
  readonly #newest = new Map<string, number>();
  /** Bytes that it has taken from the kernel. */
  readBytes = 0;
  /** Frames that held a delta. */
  deltaCount = 0;
  /** How the server has closed, or null. */
  closing: string | null = null;
  isSubscribed = false;

  /** Connects and subscribes. */
  constructor(scope: Scope, target: Target, { channel, delta, buffers }: Reading) {
    this.#client = new DeafClient(scope, target, buffers);
    const subscribe = { event: "pusher:subscribe", data: { channel, delta } };
    this.#client.send(
      Buffer.concat([Buffer.from(upgradeRequest(target)), frame(JSON.stringify(subscribe))]),
    );
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
    const bytes = this.#client.read(maxBytes);
    if (bytes === null || this.closing !== null) return false;
    if (bytes.length === 0) this.closing = "the end of the connection";
    this.readBytes += bytes.length;
    const behindHead = this.#isUpgraded ? bytes : readHead(bytes);
    this.#isUpgraded = true;
    for (const { opcode, payload } of this.#reader.push(behindHead)) {
      if (opcode === OPCODE.text) this.#receive(payload.toString());
      if (opcode === OPCODE.ping) this.#client.send(frame(payload, { opcode: OPCODE.pong }));
      if (opcode === OPCODE.close) this.closing = JSON.stringify(readClosing(payload));
    }
    return true;
  }

  #receive(text: string): void {
    const { event } = parseObject(text);
    if (event === "pusher:delta") this.deltaCount++;
    if (event === "pusher_internal:subscription_succeeded") this.isSubscribed = true;
    const delivery = this.#decoder.receive(text);
    if (delivery?.event !== "quote") return;
    const number = Number(parseObject(delivery.data)["number"]);
    this.numbers.push(number);
    this.#newest.set(keyOf(number), number);
  }
}
