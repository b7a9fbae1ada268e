// A client that reads only as much as it is told to, as on a bad network: the rest waits in the kernel
// first and then in the server. It answers pings when it comes to read them.
import { until } from "./deadline.ts";
import {
  type Closing,
  frame,
  FrameReader,
  OPCODE,
  readClosing,
  subscribeText,
  upgradeRequest,
} from "./frames.ts";
import { type Buffers, KernelSocket } from "./kernel-socket.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "./target.ts";

/** How a client reads. */
export interface SlowReading {
  /** Of the kernel; small ones by default. */
  readonly buffers?: Buffers;
  /** Is given the text of each frame that is read, in place of `texts`. */
  readonly receive?: (text: string) => void;
}

/** One client. */
export class SlowClient {
  /** The texts of the frames that it has read. */
  readonly texts: string[] = [];
  /** How the server has closed, or null. 1006 when the connection has ended without a close frame. */
  closing: Closing | null = null;
  /** Bytes that it has taken from the kernel. */
  readBytes = 0;
  /** Whether it has read up to the end of the connection. */
  isOver = false;
  readonly #socket: KernelSocket;
  readonly #reader = new FrameReader();
  readonly #receive: (text: string) => void;

  /** Connects and asks for the upgrade. */
  constructor(scope: Scope, target: Target, { buffers = "small", receive }: SlowReading = {}) {
    this.#receive = receive ?? ((text) => this.texts.push(text));
    this.#socket = new KernelSocket(scope, target, buffers);
    this.#socket.send(upgradeRequest(target));
  }

  /** Sends what the system takes at once, and returns how much that is; -1 when it takes nothing. */
  send(bytes: Uint8Array): number {
    return this.#socket.send(bytes);
  }

  /** Reads up to the handshake, subscribes, and reads up to the answer and no further. */
  async subscribe(channel: string): Promise<void> {
    await this.readUntil(() => this.texts.length === 1, "the handshake");
    this.send(frame(subscribeText({ channel })));
    await this.readUntil(() => this.texts.length === 2, "the subscription");
  }

  /** Reads what has come, by default all of it. Returns whether that was anything. */
  read(maxBytes?: number): boolean {
    const bytes = this.isOver ? null : this.#socket.read(maxBytes);
    if (bytes === null) return false;
    if (bytes.length === 0) this.#end();
    this.readBytes += bytes.length;
    for (const { opcode, payload } of this.#reader.push(bytes)) {
      if (opcode === OPCODE.text) this.#receive(payload.toString());
      if (opcode === OPCODE.ping) this.send(frame(payload, { opcode: OPCODE.pong }));
      if (opcode === OPCODE.close) this.closing = readClosing(payload);
    }
    return true;
  }

  /** Reads all that comes until that is so. @throws when it is not so in time, naming `what`. */
  async readUntil(isSo: () => boolean, what: string): Promise<void> {
    await until(() => {
      while (this.read());
      return isSo();
    }, what);
  }

  #end(): void {
    this.isOver = true;
    this.closing ??= { code: 1006, reason: "" };
    this.#socket.close();
  }
}
