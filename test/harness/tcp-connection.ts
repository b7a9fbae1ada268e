// A TCP connection whose writes are taken however large they are: what the system does not take at
// once waits. What comes and when it ends is told by callbacks.
import { within } from "./deadline.ts";
import type { Scope } from "./scope.ts";

/** Where to connect to. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What is told of a connection. */
export interface PipeListener {
  data(bytes: Buffer): void;
  /** The connection has ended, whoever ended it. */
  ended(): void;
}

/** See the file's head. */
export class Pipe {
  readonly #listener: PipeListener;
  #socket: Bun.Socket | null = null;
  #waiting: Uint8Array[] = [];
  #drained: PromiseWithResolvers<void> | null = null;
  #ended = false;

  constructor(listener: PipeListener) {
    this.#listener = listener;
  }

  /** Connects. The scope, when there is one, ends the connection. */
  async connect(scope: Scope | null, { host, port }: Place): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: host,
      port,
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

  get ended(): boolean {
    return this.#ended;
  }

  write(bytes: string | Uint8Array): void {
    if (this.#ended) return;
    this.#waiting.push(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    this.#flush();
  }

  /** Waits until everything written has been taken, or until the connection has ended. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 || this.#ended) return;
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
    this.#ended = true;
    this.#waiting = [];
    this.#settle();
    this.#listener.ended();
  }

  #settle(): void {
    this.#drained?.resolve();
    this.#drained = null;
  }
}
