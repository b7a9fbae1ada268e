// The listeners of this process. Usually there is one; after a certificate was renewed, the former listener stays until
// its last connection has ended.
import type { Carrier } from "../hub/ports.ts";
import { REJECT } from "../protocol/faults.ts";
import type { Address } from "./address.ts";
import { respond } from "./answering.ts";
import type { Entrance, ServerParts } from "./entrance.ts";
import { type Answering, assertFree, Listener, type ListenerLimits } from "./listener.ts";
import { route } from "./routing.ts";
import type { Topics } from "./topics.ts";

/** How all listeners of this process behave. */
export interface ServerOptions extends ListenerLimits {
  /** Comes before every path, for example `/realtime`; empty for none. */
  readonly pathPrefix: string;
}

/** Opens listeners, counts what is open on all of them, and ends them. */
export class Servers {
  readonly #options: ServerOptions;
  readonly #topics: Topics;
  readonly #listeners = new Set<Listener>();
  #current: Listener | null = null;

  /** The listeners publish what is published to `topics`. */
  constructor(options: ServerOptions, topics: Topics) {
    this.#options = options;
    this.#topics = topics;
  }

  /** Opens one more listener. Returns its port, 0 for a Unix socket. Throws when the address cannot be bound. */
  listen(address: Address, parts: ServerParts): number {
    const isFirst = this.#current === null;
    if (isFirst && address.kind === "tcp" && address.tls !== null && !address.shared)
      assertFree(address);
    const listener = new Listener(address, this.#options, (carrier) =>
      this.#answering(carrier, parts),
    );
    this.#listeners.add(listener);
    this.#topics.add(listener);
    this.#current = listener;
    return listener.port;
  }

  /** Open WebSockets. */
  get connectionCount(): number {
    let count = 0;
    for (const listener of this.#listeners) count += listener.connectionCount;
    return count;
  }

  /** Requests that are not answered yet. */
  get requestCount(): number {
    let count = 0;
    for (const listener of this.#listeners) count += listener.requestCount;
    return count;
  }

  /**
   * All listeners, except the current one when it is to be kept, answer each connection's next request as its last. The
   * returned function stops them: connections between two requests end, WebSockets live on.
   */
  retire(except: "none" | "current"): () => void {
    const retired = [...this.#listeners].filter(
      (listener) => except === "none" || listener !== this.#current,
    );
    for (const listener of retired) listener.retire();
    return () => {
      for (const listener of retired) void listener.stop().then(() => this.#forget(listener));
    };
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener.terminate()));
  }

  #answering(carrier: Carrier, parts: ServerParts): Answering {
    const entrance: Entrance = {
      parts,
      carrier,
      pathPrefix: this.#options.pathPrefix,
      openCount: () => this.connectionCount,
    };
    return {
      answer: (request, server) => route(entrance, request, server),
      failed: (error) => {
        parts.report(error);
        return respond(parts, REJECT.internal(), null);
      },
    };
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#topics.remove(listener);
  }
}
