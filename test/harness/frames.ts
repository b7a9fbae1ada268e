// WebSocket frames made and read by hand (RFC 6455, section 5.2), also such as no client makes, and the
// upgrade that comes before them.
import { socketUrl, type Target } from "./target.ts";

/** Opcodes. */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** What differs from a whole, masked text frame. */
export interface FrameShape {
  readonly opcode?: number;
  /** Whether it is the last of its message. */
  readonly final?: boolean;
  /** The three bits that only extensions set, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The length that the header tells, whatever follows. */
  readonly claimedBytes?: number | bigint;
}

/** A key of zeros masks as a client must, and leaves the payload readable. */
const ZERO_KEY = [0, 0, 0, 0];

/** A frame of a client. */
export function frame(payload: string | Uint8Array, shape: FrameShape = {}): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
  return Buffer.concat([header(bytes.length, shape), bytes]);
}

/** Its header and mask. */
function header(bytes: number, shape: FrameShape): Uint8Array {
  const { opcode = OPCODE.text, final = true, reserved = 0, masked = true } = shape;
  const length = shape.claimedBytes ?? bytes;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const key = masked ? ZERO_KEY : [];
  if (length < 126) return new Uint8Array([first, mask | Number(length), ...key]);
  if (length < 0x1_0000) {
    const short = Number(length);
    return new Uint8Array([first, mask | 126, short >> 8, short & 0xff, ...key]);
  }
  const long = new DataView(new ArrayBuffer(8));
  long.setBigUint64(0, BigInt(length));
  return new Uint8Array([first, mask | 127, ...new Uint8Array(long.buffer), ...key]);
}

/** The text of a subscription with these parameters. */
export function subscribeText(parameters: unknown): string {
  return JSON.stringify({ event: "pusher:subscribe", data: parameters });
}

/** The text of a sign-in with these parameters. */
export function signinText(parameters: unknown): string {
  return JSON.stringify({ event: "pusher:signin", data: parameters });
}

/** The headers of a request for an upgrade. */
export const UPGRADE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** The request for an upgrade that a client of the target makes. `headers` are lines, each with its line break. */
export function upgradeRequest(target: Target, headers = ""): string {
  const { pathname, search, host } = new URL(socketUrl(target));
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE}${headers}\r\n`;
}

const HEAD_END = "\r\n\r\n";

/** A frame of the server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** How a connection was closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Cuts the bytes of a connection into the answer to the upgrade and the frames behind it. */
export class FrameReader {
  /** The answer to the upgrade with the empty line that ends it, or null before it is whole. */
  head: string | null = null;
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole with these bytes. @throws when the server has not agreed to the upgrade. */
  *push(bytes: Uint8Array): Iterable<ServerFrame> {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    if (this.head === null && !this.#takeHead()) return;
    for (let found = this.#take(); found !== null; found = this.#take()) yield found;
  }

  #takeHead(): boolean {
    const end = this.#rest.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = this.#rest.toString("latin1", 0, end + HEAD_END.length);
    if (!head.startsWith("HTTP/1.1 101 "))
      throw new Error(`Cannot upgrade: the answer is ${this.#rest.toString("latin1", 0, 500)}`);
    this.head = head;
    this.#rest = this.#rest.subarray(head.length);
    return true;
  }

  #take(): ServerFrame | null {
    const rest = this.#rest;
    if (rest.length < 2) return null;
    const short = rest.readUInt8(1) & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < start) return null;
    const length =
      short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < start + length) return null;
    this.#rest = rest.subarray(start + length);
    return { opcode: rest.readUInt8(0) & 0xf, payload: rest.subarray(start, start + length) };
  }
}

/** How a close frame says that it closes. An empty one has no code, which is 1005. */
export function readClosing(payload: Buffer): Closing {
  if (payload.length < 2) return { code: 1005, reason: "" };
  return { code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
}
