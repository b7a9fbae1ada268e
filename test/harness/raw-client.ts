// A client without a library: a WebSocket whose frames are kept as they came. For what libraries
// hide: exact texts, close codes, frames that no library sends.
import { within } from "./deadline.ts";
import { Inbox } from "./inbox.ts";
import { parseObject } from "./json.ts";
import type { Scope } from "./scope.ts";

/** A frame of the server: its text and what it holds. */
export interface Frame {
  readonly text: string;
  readonly event: string;
  readonly data: unknown;
  readonly channel: string | null;
}

/** How a connection was closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** See the file's head. */
export class RawClient {
  readonly frames: Inbox<Frame> = new Inbox();
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<Closing>();

  constructor(scope: Scope, url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.frames.push(readFrame(String(data)));
    };
    this.#socket.onclose = ({ code, reason }: CloseEvent) => this.#closed.resolve({ code, reason });
    scope.add(() => this.#socket.terminate());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Waits until the upgrade has succeeded. */
  async opened(): Promise<void> {
    await within(this.#opened.promise, "the upgrade");
  }

  /** Waits for the end of the connection. */
  closed(): Promise<Closing> {
    return within(this.#closed.promise, "the end of the connection");
  }

  send(frame: unknown): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(bytes);
  }

  /** Sends `pusher:subscribe` with these parameters. */
  subscribe(parameters: Readonly<Record<string, string>>): void {
    this.send({ event: "pusher:subscribe", data: parameters });
  }

  /** Loses the TCP connection, without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Takes every frame that the server sent before now: it answers in order, so a pong comes after them. */
  received(): Promise<readonly Frame[]> {
    this.sendText('{"event":"pusher:ping","data":{}}');
    return this.frames.takeUntil(({ event }) => event === "pusher:pong");
  }
}

/** A client that has its socket id. */
export async function connectRaw(
  scope: Scope,
  url: string,
): Promise<{ readonly client: RawClient; readonly socketId: string }> {
  const client = new RawClient(scope, url);
  const { data } = await client.frames.next();
  return { client, socketId: String(parseObject(data)["socket_id"]) };
}

function readFrame(text: string): Frame {
  const { event, data, channel } = parseObject(text);
  if (typeof event !== "string") throw new Error(`Cannot read frame ${text}: it has no event`);
  return { text, event, data, channel: typeof channel === "string" ? channel : null };
}
