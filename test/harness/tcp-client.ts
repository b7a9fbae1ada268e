// A TCP connection with nothing on top, for what no HTTP or WebSocket client lets one do: two
// requests on one connection for certain, or a WebSocket that answers nothing.
import { until, within } from "./deadline.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "./target.ts";

/** See the file's head. */
export class TcpClient {
  /** Everything that has come and was not cut off yet, a character a byte. */
  received = "";
  /** Settles when the other side has ended the connection. */
  readonly #ended = Promise.withResolvers<void>();
  #socket: Bun.Socket | null = null;

  /** Connects. */
  async connect(scope: Scope, { host, port }: Target): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: host,
      port,
      socket: {
        data: (_, bytes) => {
          this.received += bytes.toString("latin1");
        },
        close: () => this.#ended.resolve(),
      },
    });
    scope.add(() => this.#socket?.terminate());
  }

  write(bytes: string | Uint8Array): void {
    if (this.#socket === null) throw new Error("Cannot write: connect() comes first");
    const length = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
    const written = this.#socket.write(bytes);
    if (written !== length) throw new Error(`Cannot write ${length} bytes: ${written} were taken`);
  }

  /** Waits until what has come matches, and cuts it off with all before it. */
  async reads(pattern: RegExp): Promise<string> {
    const found = await until(() => pattern.exec(this.received), `${pattern} on the connection`);
    if (found === null) throw new Error("until() returns truthy values only");
    this.received = this.received.slice(found.index + found[0].length);
    return found[0];
  }

  /** Waits for this many bytes, and cuts them off. */
  async take(count: number): Promise<string> {
    await until(() => this.received.length >= count, `${count} bytes on the connection`);
    const bytes = this.received.slice(0, count);
    this.received = this.received.slice(count);
    return bytes;
  }

  /** Waits for the other side to end the connection. */
  ended(): Promise<void> {
    return within(this.#ended.promise, "the end of the TCP connection");
  }
}
