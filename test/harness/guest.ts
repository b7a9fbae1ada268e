// A WebSocket client with what raw clients do not have: headers of its own, as browsers and proxies
// add them, and an authority whose certificates it trusts.
import { within } from "./deadline.ts";
import { Inbox } from "./inbox.ts";
import { parseObject } from "./json.ts";
import type { Closing } from "./raw-client.ts";
import type { Scope } from "./scope.ts";

/** How a guest comes. */
export interface Appearance {
  readonly headers?: Record<string, string>;
  /** The certificate that alone is trusted, PEM. */
  readonly ca?: string;
}

/** See the file's head. */
export class Guest {
  /** The texts of the frames, as they came. */
  readonly frames: Inbox<string> = new Inbox();
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<Closing>();

  constructor(scope: Scope, url: string, { headers, ca }: Appearance) {
    this.#socket = new WebSocket(url, {
      ...(headers === undefined ? {} : { headers }),
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => this.frames.push(String(data));
    this.#socket.onclose = ({ code, reason }: CloseEvent) => this.#closed.resolve({ code, reason });
    scope.add(() => this.#socket.terminate());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The extensions that the server has agreed to. */
  get extensions(): string {
    return this.#socket.extensions;
  }

  /** Waits for the handshake frame, and returns the socket id. */
  async established(): Promise<string> {
    const { data } = parseObject(await this.frames.next());
    return String(parseObject(data)["socket_id"]);
  }

  /** Waits for the end of the connection. */
  closed(): Promise<Closing> {
    return within(this.#closed.promise, "the end of the connection");
  }

  /** Ends the connection, and waits for it. */
  async leave(): Promise<void> {
    this.#socket.close();
    await this.closed();
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }
}
