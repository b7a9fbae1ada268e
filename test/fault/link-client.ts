// A client at the end of a slow line: it reads so many bytes a second and no more, and answers pings.
// What it has not read yet stays in small buffers of the kernel.
import { type Message, upgradeRequest } from "../harness/frame-client.ts";
import { frame, FrameReader, OPCODE, readClosing, readHead } from "../harness/frames.ts";
import { parseObject } from "../harness/json.ts";
import { DeafClient } from "../harness/kernel-socket.ts";
import type { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";

const PERIOD_MS = 5;

/** See the file's head. */
export class LinkClient {
  /** All text frames so far, parsed. */
  readonly messages: Message[] = [];
  /** How the server has closed, or null. */
  closing: string | null = null;
  readonly #client: DeafClient;
  readonly #reader = new FrameReader();
  readonly #bytesPerSecond: number;
  #isUpgraded = false;
  #allowedBytes = 0;
  #lastMs = performance.now();

  constructor(scope: Scope, target: Target, bytesPerSecond: number) {
    this.#client = new DeafClient(scope, target);
    this.#client.send(upgradeRequest(target));
    this.#bytesPerSecond = bytesPerSecond;
    const timer = setInterval(() => this.#read(), PERIOD_MS);
    scope.add(() => clearInterval(timer));
  }

  /** Sends text frames, all at once. */
  send(texts: readonly string[]): void {
    this.#client.send(Buffer.concat(texts.map((text) => frame(text))));
  }

  /** How many frames of the event have come. */
  count(event: string): number {
    return this.messages.filter((message) => message["event"] === event).length;
  }

  #read(): void {
    const nowMs = performance.now();
    const earned = ((nowMs - this.#lastMs) * this.#bytesPerSecond) / 1000;
    this.#lastMs = nowMs;
    // What was not used is not saved up: a line has its rate and no more.
    this.#allowedBytes = Math.min(this.#allowedBytes + earned, earned * 4);
    for (let bytes = this.#take(); bytes !== null; bytes = this.#take()) this.#receive(bytes);
  }

  #take(): Uint8Array | null {
    if (this.#allowedBytes < 1 || this.closing !== null) return null;
    const bytes = this.#client.read(this.#allowedBytes);
    this.#allowedBytes -= bytes?.length ?? 0;
    return bytes;
  }

  #receive(bytes: Uint8Array): void {
    if (bytes.length === 0) this.closing ??= "the end of the connection";
    const behindHead = this.#isUpgraded ? bytes : readHead(bytes);
    this.#isUpgraded = true;
    for (const { opcode, payload } of this.#reader.push(behindHead)) {
      if (opcode === OPCODE.text) this.messages.push(parseObject(payload.toString()));
      if (opcode === OPCODE.ping) this.#client.send(frame(payload, { opcode: OPCODE.pong }));
      if (opcode === OPCODE.close) this.closing = JSON.stringify(readClosing(payload));
    }
  }
}
