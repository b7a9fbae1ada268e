// A client at the end of a slow line: it reads so many bytes a second and no more, and answers pings.
// What it has not read yet stays in small buffers of the kernel.
import type { Message } from "../harness/frame-client.ts";
import { type Closing, frame } from "../harness/frames.ts";
import { parseObject } from "../harness/json.ts";
import type { Scope } from "../harness/scope.ts";
import { SlowClient } from "../harness/slow-client.ts";
import type { Target } from "../harness/target.ts";

const PERIOD_MS = 5;

/** One client. */
export class LinkClient {
  /** All text frames so far, parsed. */
  readonly messages: Message[] = [];
  readonly #client: SlowClient;
  readonly #bytesPerSecond: number;
  #allowedBytes = 0;
  #lastMs = performance.now();

  constructor(scope: Scope, target: Target, bytesPerSecond: number) {
    const receive = (text: string): void => void this.messages.push(parseObject(text));
    this.#client = new SlowClient(scope, target, { receive });
    this.#bytesPerSecond = bytesPerSecond;
    const timer = setInterval(() => this.#read(), PERIOD_MS);
    scope.add(() => clearInterval(timer));
  }

  /** How the server has closed, or null. */
  get closing(): Closing | null {
    return this.#client.closing;
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
    while (this.#allowedBytes >= 1 && this.closing === null) {
      const before = this.#client.readBytes;
      if (!this.#client.read(this.#allowedBytes)) return;
      this.#allowedBytes -= this.#client.readBytes - before;
    }
  }
}
