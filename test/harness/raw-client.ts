// A client without a library: the runtime's WebSocket, whose frames are kept as they came. For what libraries
// hide: exact texts, close codes, frames that no library sends, headers as browsers and proxies add them.
import { within } from "./deadline.ts";
import { settled } from "./form.ts";
import { type Closing, signinText, subscribeText } from "./frames.ts";
import { Inbox } from "./inbox.ts";
import { parseObject } from "./json.ts";
import { Scope } from "./scope.ts";
import type { Parameters } from "./signing.ts";
import { socketUrl, type Target } from "./target.ts";

/** A frame of the server: its text and what it holds. */
export interface Frame {
  readonly text: string;
  readonly event: string;
  readonly data: unknown;
  readonly channel: string | null;
}

/** How a client connects. */
export interface RawOptions {
  readonly headers?: Record<string, string>;
  /** The certificate that alone is trusted, PEM. */
  readonly ca?: string;
}

/** One client. */
export class RawClient {
  readonly frames: Inbox<Frame> = new Inbox();
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<Closing>();
  #endCode: number | null = null;

  /** Connects to a server as pusher-js does, or to this address. */
  constructor(scope: Scope, to: Target | string, { headers, ca }: RawOptions = {}) {
    this.#socket = new WebSocket(typeof to === "string" ? to : socketUrl(to), {
      ...(headers === undefined ? {} : { headers }),
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.frames.push(readFrame(String(data)));
    };
    this.#socket.onclose = ({ code, reason }: CloseEvent) => {
      this.#endCode = code;
      this.#closed.resolve({ code, reason });
    };
    scope.add(() => this.#socket.terminate());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The code that the connection has ended with, or null. */
  get endCode(): number | null {
    return this.#endCode;
  }

  /** The extensions that the server has agreed to. */
  get extensions(): string {
    return this.#socket.extensions;
  }

  /** Waits until the upgrade has succeeded. */
  async opened(): Promise<void> {
    await within(this.#opened.promise, "the upgrade");
  }

  /** Waits for the handshake frame, and returns the socket id. */
  async established(): Promise<string> {
    const { data } = await this.frames.next();
    return String(parseObject(data)["socket_id"]);
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
  subscribe(parameters: Parameters): void {
    this.sendText(subscribeText(parameters));
  }

  /** Sends `pusher:signin` with these parameters. */
  signIn(parameters: object): void {
    this.sendText(signinText(parameters));
  }

  /** Ends the connection, and waits for it. */
  async leave(): Promise<void> {
    this.#socket.close();
    await this.closed();
  }

  /** Loses the TCP connection, without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Takes every frame that the server sent before now: it answers in order, so a pong comes after them. */
  async received(ping = "pusher:ping"): Promise<readonly Frame[]> {
    await settled();
    this.send({ event: ping, data: {} });
    return this.frames.takeUntil(({ event }) => /^(pusher|sockudo):pong$/.test(event));
  }
}

/** A client that has its socket id. */
export async function connectRaw(
  scope: Scope,
  to: Target | string,
  options?: RawOptions,
): Promise<{ readonly client: RawClient; readonly socketId: string }> {
  const client = new RawClient(scope, to, options);
  return { client, socketId: await client.established() };
}

/** A client that is subscribed to a public channel. */
export async function subscribeRaw(
  scope: Scope,
  to: Target | string,
  channel: string,
): Promise<{ readonly client: RawClient; readonly socketId: string }> {
  const connected = await connectRaw(scope, to);
  connected.client.subscribe({ auth: "", channel });
  await connected.client.received();
  return connected;
}

/** How one attempt to connect ended: with the handshake, or with a close before it. */
export type Attempt = "connected" | Closing;

/** Connects, and disconnects as soon as that has ended. */
export async function attempt(to: Target): Promise<Attempt> {
  const own = new Scope();
  const client = new RawClient(own, to);
  const closed = client.closed();
  try {
    return await Promise.race([client.frames.next().then(() => "connected" as const), closed]);
  } finally {
    await own.end();
    await closed;
  }
}

function readFrame(text: string): Frame {
  const { event, data, channel } = parseObject(text);
  if (typeof event !== "string") throw new Error(`Cannot read frame ${text}: it has no event`);
  return { text, event, data, channel: typeof channel === "string" ? channel : null };
}
