// A WebSocket done by hand over TCP, which does only what it is told: it answers no ping and no
// close frame, as a client whose program hangs or whose line is dead.
import type { Scope } from "./scope.ts";
import { socketUrl, type Target } from "./target.ts";
import { TcpClient } from "./tcp-client.ts";

/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A frame of the server. */
export interface HandFrame {
  readonly opcode: number;
  /** A character a byte. */
  readonly payload: string;
}

const FINAL = 0x80;
const MASKED = 0x80;

/** See the file's head. */
export class HandSocket {
  readonly #tcp = new TcpClient();

  /** Connects, upgrades and reads the handshake frame. */
  async connect(scope: Scope, target: Target): Promise<void> {
    const { pathname, search, host } = new URL(socketUrl(target));
    await this.#tcp.connect(scope, target);
    this.#tcp.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    const answer = await this.#tcp.reads(/^HTTP\/1\.1 101 [^]*?\r\n\r\n/);
    // The accept value of this key is the example of RFC 6455, section 1.3.
    if (!answer.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
      throw new Error(`Cannot upgrade: the answer is ${answer}`);
    const { payload } = await this.read();
    if (!payload.includes("pusher:connection_established"))
      throw new Error(`Cannot connect: the first frame is ${payload}`);
  }

  /** Sends a frame of at most 125 bytes. */
  send(opcode: number, payload = ""): void {
    const bytes = Buffer.from(payload);
    // A key of zeros: masked, as a client must, and unchanged.
    this.#tcp.write(
      Buffer.concat([Buffer.from([FINAL | opcode, MASKED | bytes.length, 0, 0, 0, 0]), bytes]),
    );
  }

  /** Waits for the next frame of the server. */
  async read(): Promise<HandFrame> {
    const [first = 0, second = 0] = bytesOf(await this.#tcp.take(2));
    const length = second < 126 ? second : number(await this.#tcp.take(second === 126 ? 2 : 8));
    return { opcode: first & 0xf, payload: await this.#tcp.take(length) };
  }

  /** Waits for a frame with the opcode, and takes all before it. */
  async readUntil(opcode: number): Promise<HandFrame> {
    for (;;) {
      const frame = await this.read();
      if (frame.opcode === opcode) return frame;
    }
  }

  /** Waits for the server to end the TCP connection. */
  ended(): Promise<void> {
    return this.#tcp.ended();
  }
}

function bytesOf(text: string): readonly number[] {
  return [...Buffer.from(text, "latin1")];
}

function number(text: string): number {
  return bytesOf(text).reduce((sum, byte) => sum * 256 + byte, 0);
}
