// A TCP connection whose writes are taken however large they are: what the system does not take at
// once waits. What comes and when it ends is told by callbacks.
import { within } from "./deadline.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "./target.ts";

/** Where to connect to. */
export type Place = Pick<Target, "host" | "port">;

/** What is told of a connection. */
export interface TcpListener {
  data(bytes: Buffer): void;
  /** The connection has ended, from either side. */
  ended?(): void;
}

/** How to connect. */
export interface TcpOptions {
  /** TLS that takes any certificate. */
  readonly secure?: boolean;
}

/** One connection. */
export class TcpConnection {
  readonly #listener: TcpListener;
  #socket: Bun.Socket | null = null;
  #waiting: Uint8Array[] = [];
  #drained: PromiseWithResolvers<void> | null = null;
  readonly #ended = Promise.withResolvers<void>();
  #isEnded = false;

  constructor(listener: TcpListener) {
    this.#listener = listener;
  }

  /** Connects. The scope, when there is one, ends the connection. */
  async connect(
    scope: Scope | null,
    { host, port }: Place,
    { secure = false }: TcpOptions = {},
  ): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: host,
      port,
      ...(secure ? { tls: { rejectUnauthorized: false } } : {}),
      socket: {
        data: (_, bytes) => this.#listener.data(bytes),
        drain: () => this.#flush(),
        close: () => this.#end(),
        // The system's word on a connection that the server has reset; `close` follows.
        error: () => {},
      },
    });
    scope?.add(() => this.terminate());
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Waits for the end of the connection. */
  ended(): Promise<void> {
    return within(this.#ended.promise, "the end of the TCP connection");
  }

  write(bytes: string | Uint8Array): void {
    if (this.#isEnded) return;
    this.#waiting.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    this.#flush();
  }

  /** Waits until everything written has been taken, or until the connection has ended. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 || this.#isEnded) return;
    this.#drained ??= Promise.withResolvers();
    await within(this.#drained.promise, "the server to read");
  }

  /** Loses the connection at once. */
  terminate(): void {
    this.#socket?.terminate();
  }

  /** Ends the writing half after what was written. */
  end(): void {
    this.#socket?.end();
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket === null) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = socket.write(next);
      if (taken < 0) return;
      if (taken < next.length) {
        this.#waiting[0] = next.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
    this.#settle();
  }

  #end(): void {
    this.#isEnded = true;
    this.#waiting = [];
    this.#settle();
    this.#ended.resolve();
    this.#listener.ended?.();
  }

  #settle(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }
}
