// A WebSocket client that stops to read for a while, as on a bad network: what is sent to it waits in
// the kernel first and then in the server.
import { connect, type Socket } from "node:net";
import { until, within } from "./deadline.ts";
import type { Closing } from "./raw-client.ts";
import type { Scope } from "./scope.ts";
import { socketUrl, type Target } from "./target.ts";

const SUBSCRIBE = '{"event":"pusher:subscribe","data":{"channel":"news"}}';
const LENGTH_OF_16_BITS = 126;
const CLOSE_OPCODE = 0x8;

/** See the file's head. */
export class LateReader {
  readonly #socket: Socket;
  readonly #ended = Promise.withResolvers<void>();
  #chunks: Buffer[] = [];

  constructor(scope: Scope, target: Target) {
    this.#socket = connect(target.port, target.host);
    this.#socket.on("data", (bytes) => void this.#chunks.push(Buffer.from(bytes)));
    // A connection that is cut is over as well; what came before is judged.
    this.#socket.on("error", () => this.#ended.resolve());
    this.#socket.on("end", () => this.#ended.resolve());
    scope.add(() => void this.#socket.destroy());
  }

  /** Subscribes to the channel "news", and reads no more. */
  async subscribeAndPause(target: Target): Promise<void> {
    const { pathname, search, host } = new URL(socketUrl(target));
    this.#socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await until(() => this.#text().includes("connection_established"), "the handshake");
    const payload = Buffer.from(SUBSCRIBE);
    this.#socket.write(Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]));
    await until(() => this.#text().includes("subscription_succeeded"), "the subscription");
    this.#socket.pause();
    this.#chunks = [];
  }

  /** Reads on, to the end of the connection: how many events came, and with which code it was closed. */
  async readOn(): Promise<{ readonly eventCount: number; readonly closing: Closing | null }> {
    this.#socket.resume();
    await within(this.#ended.promise, "the end of the connection");
    const bytes = Buffer.concat(this.#chunks);
    let eventCount = 0;
    for (let at = 0; at + 1 < bytes.length;) {
      const opcode = (bytes[at] ?? 0) & 0xf;
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const wide = short < LENGTH_OF_16_BITS ? 0 : short === LENGTH_OF_16_BITS ? 2 : 8;
      const start = at + 2 + wide;
      const length =
        wide === 0 ? short : bytes.readUIntBE(start - Math.min(wide, 6), Math.min(wide, 6));
      if (start + length > bytes.length) break;
      const frame = bytes.subarray(start, start + length);
      at = start + length;
      if (opcode === CLOSE_OPCODE)
        return {
          eventCount,
          closing: { code: frame.readUInt16BE(0), reason: frame.toString("utf8", 2) },
        };
      eventCount++;
    }
    return { eventCount, closing: null };
  }

  #text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }
}
