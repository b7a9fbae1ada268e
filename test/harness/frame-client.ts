// A WebSocket client that sends any bytes as frames and does nothing by itself: it answers no ping,
// no close frame, and judges nothing of what it reads.
import { within } from "./deadline.ts";
import { frame, FrameReader, type FrameShape, OPCODE, readClosing } from "./frames.ts";
import { Inbox } from "./inbox.ts";
import { parseObject } from "./json.ts";
import type { Closing } from "./raw-client.ts";
import type { Scope } from "./scope.ts";
import { socketUrl, type Target } from "./target.ts";
import { Pipe } from "./tcp-connection.ts";

/** A text frame of the server, parsed. */
export type Message = Readonly<Record<string, unknown>>;

/** The request for an upgrade that a client of the target makes. `headers` are lines, each with its line break. */
export function upgradeRequest(target: Target, headers = ""): string {
  const { pathname, search, host } = new URL(socketUrl(target));
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
}

/** What separates the answer to the upgrade from the frames. */
const HEAD_END = "\r\n\r\n";

/** See the file's head. */
export class FrameClient {
  /** Text frames that nobody has taken yet. */
  readonly messages: Inbox<Message> = new Inbox();
  readonly pipe: Pipe = new Pipe({
    data: (bytes) => this.#data(bytes),
    ended: () => this.#closed.resolve({ code: 1006, reason: "" }),
  });
  /** Control pongs that have come. */
  pongCount = 0;
  readonly #reader = new FrameReader();
  readonly #closed = Promise.withResolvers<Closing>();
  #head: string | null = "";

  /** Connects and asks for the upgrade; the answer is not waited for. */
  async connect(scope: Scope, target: Target, headers = ""): Promise<void> {
    await this.pipe.connect(scope, target);
    this.pipe.write(upgradeRequest(target, headers));
  }

  /** Sends one frame. */
  send(payload: string | Uint8Array, shape: FrameShape = {}): void {
    this.pipe.write(frame(payload, shape));
  }

  /** Sends `pusher:subscribe` with these parameters. */
  subscribe(parameters: Readonly<Record<string, string>>): void {
    this.send(JSON.stringify({ event: "pusher:subscribe", data: parameters }));
  }

  /** Takes the text frames that the server sent before now: it answers in order, so a pong comes after them. */
  received(): Promise<readonly Message[]> {
    this.send('{"event":"pusher:ping","data":{}}');
    return this.messages.takeUntil(({ event }) => event === "pusher:pong");
  }

  /** Waits for the server's close frame; 1006 when the connection ends without one. */
  closed(): Promise<Closing> {
    return within(this.#closed.promise, "the end of the connection");
  }

  #data(bytes: Buffer): void {
    for (const { opcode, payload } of this.#reader.push(this.#behindHead(bytes))) {
      if (opcode === OPCODE.text) this.messages.push(parseObject(payload.toString()));
      if (opcode === OPCODE.pong) this.pongCount++;
      if (opcode === OPCODE.close) this.#closed.resolve(readClosing(payload));
    }
  }

  #behindHead(bytes: Buffer): Buffer {
    if (this.#head === null) return bytes;
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return Buffer.alloc(0);
    if (!this.#head.startsWith("HTTP/1.1 101 "))
      throw new Error(`Cannot upgrade: the answer is ${this.#head}`);
    const rest = Buffer.from(this.#head.slice(end + HEAD_END.length), "latin1");
    this.#head = null;
    return rest;
  }
}

/** A client that has its socket id. */
export async function connectFrames(
  scope: Scope,
  target: Target,
): Promise<{ readonly client: FrameClient; readonly socketId: string }> {
  const client = new FrameClient();
  await client.connect(scope, target);
  const { data } = await client.messages.next();
  return { client, socketId: String(parseObject(data)["socket_id"]) };
}
