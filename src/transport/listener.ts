// One listener of the runtime with its connections: a carrier with topics of its own.
import type { Carrier } from "../hub/ports.ts";
import type { Frame } from "../protocol/codec.ts";
import type { Connection } from "../session/connection.ts";
import type { Address, TcpAddress } from "./address.ts";
import type { Answered, RuntimeServer } from "./entrance.ts";
import { type FrameLimits, handlers } from "./handlers.ts";

/** Limits of a listener. */
export interface ListenerLimits extends FrameLimits {
  readonly maxRequestBodyBytes: number;
}

/** What answers the requests of a listener. */
export interface Answering {
  readonly answer: (request: Request, server: RuntimeServer) => Answered;
  /** Called when `answer` has thrown. */
  readonly failed: (error: unknown) => Response;
}

/** Silence that ends a connection between two requests. */
export const HTTP_IDLE_SECONDS = 10;

/** Listens from its construction on. */
export class Listener implements Carrier {
  readonly #server: RuntimeServer;
  #isRetiring = false;

  /** `answering` is given the listener itself. @throws when the address cannot be bound. */
  constructor(
    address: Address,
    limits: ListenerLimits,
    answering: (carrier: Carrier) => Answering,
  ) {
    const { answer, failed } = answering(this);
    this.#server = Bun.serve<Connection>({
      ...bindOptions(address),
      // By default Bun answers an exception with a page of source code, in executables too.
      development: false,
      error: failed,
      maxRequestBodySize: limits.maxRequestBodyBytes,
      fetch: (request, server) => {
        const answered = answer(request, server);
        return this.#isRetiring ? asLast(answered) : answered;
      },
      websocket: handlers(limits),
    });
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    return this.#server.port ?? 0;
  }

  /** Open WebSockets. */
  get connectionCount(): number {
    return this.#server.pendingWebSockets;
  }

  /** Requests that are not answered yet. */
  get requestCount(): number {
    return this.#server.pendingRequests;
  }

  publish(topic: string, frame: Frame): number {
    return this.#server.publish(topic, frame, false);
  }

  /** From now on each connection's next request is answered as its last. */
  retire(): void {
    this.#isRetiring = true;
  }

  /** Stops listening and ends the connections that are between two requests. WebSockets live on; resolves when the last of them has closed. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** Ends every connection at once. */
  async terminate(): Promise<void> {
    await this.#server.stop(true);
  }
}

/** Throws when the port is in use. For listeners that share their port: the system lets them join other listeners without an error. */
export function assertFree({ host: hostname, port }: TcpAddress): void {
  void Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response() }).stop(true);
}

function bindOptions(address: Address) {
  if (address.kind === "unix") return { unix: address.path };
  const { host, port, shared, tls } = address;
  return {
    hostname: host,
    port,
    idleTimeout: HTTP_IDLE_SECONDS,
    // Renewing a certificate needs a second listener on the port.
    reusePort: shared || tls !== null,
    ...(tls === null ? {} : { tls }),
  };
}

/** Makes the client open a new connection, which another listener gets, for its next request. */
function asLast(answered: Answered): Answered {
  if (answered instanceof Promise)
    return answered.then((response) => response && closing(response));
  return answered && closing(answered);
}

function closing(response: Response): Response {
  response.headers.set("connection", "close");
  return response;
}
