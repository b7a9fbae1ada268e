// A WebSocket without a connection: it keeps what it is given to send, and receives what a test gives it.
// To pages and the shim it behaves like the browser's.
import type { DeltaSocket } from "../../../src/client/socket.ts";

type Handler = ((event: MessageEvent) => void) | null | undefined;

/** A WebSocket without a connection. */
export class SocketDouble extends EventTarget implements DeltaSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly url: string;
  readonly protocols: string | readonly string[];
  readonly bufferedAmount = 0;
  /** The frames given to the network. */
  readonly sent: unknown[] = [];
  readyState: number = SocketDouble.OPEN;
  #binaryType = "blob";
  #onmessage: Handler = null;

  constructor(url: string | URL, protocols: string | readonly string[] = []) {
    super();
    this.url = String(url);
    this.protocols = protocols;
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: string) {
    this.#binaryType = type;
  }

  get onmessage(): Handler {
    return this.#onmessage;
  }

  // As in browsers, the handler takes its place among the listeners when it is first set.
  set onmessage(handler: Handler) {
    if (this.#onmessage === null)
      this.addEventListener("message", (event) => {
        if (event instanceof MessageEvent) this.#onmessage?.(event);
      });
    this.#onmessage = handler;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = SocketDouble.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code: 1000 }));
  }

  /** Receives a frame from the network. */
  receive(data: string | Uint8Array): void {
    this.dispatchEvent(new MessageEvent("message", { data: this.#delivered(data) }));
  }

  #delivered(data: string | Uint8Array): unknown {
    if (typeof data === "string") return data;
    const copy = data.slice().buffer;
    return this.#binaryType === "arraybuffer" ? copy : new Blob([copy]);
  }
}
