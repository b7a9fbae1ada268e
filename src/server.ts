// The network: the only file that calls Bun.serve. It turns requests into sessions and API calls
// and is the hub's sink. Nothing is decided here but where a request goes.
import type { Server, ServerWebSocket, TLSOptions, WebSocketHandler } from "bun";
import type { Peer, Sink } from "./hub/ports.ts";
import { type Answer, toResponse, turnAway } from "./http/answer.ts";
import type { Cors } from "./http/cors.ts";
import { answerHealth, type HealthContext } from "./http/health.ts";
import { answerSigned, type ApiContext, identify, type SignedCall } from "./http/pipeline.ts";
import type { Frame } from "./protocol/codec.ts";
import { type Fault, isFault, type LimitName, REJECT } from "./protocol/faults.ts";
import { addressKey } from "./session/address-book.ts";
import type { AddressRate, TrustedProxies } from "./session/addresses.ts";
import type { Admission, Verdict } from "./session/admission.ts";
import type { Connection } from "./session/connection.ts";
import { Session } from "./session/session.ts";
import type { StrangerBudget } from "./session/strangers.ts";

/** Where the server listens. */
export type Address =
  | {
      readonly kind: "tcp";
      readonly host: string;
      /** 0 takes any free port. */
      readonly port: number;
      /** Whether other processes may listen on the same port; the system spreads connections. */
      readonly shared: boolean;
      readonly tls: TLSOptions | null;
    }
  | { readonly kind: "unix"; readonly path: string };

/** What the server is told at its start. */
export interface ServerOptions {
  /** Comes before every path, for example `/realtime`; empty for none. */
  readonly pathPrefix: string;
  /** The longest inbound frame; a longer one closes its connection with 1009. */
  readonly maxFrameBytes: number;
  /** What may wait for a slow client before it is closed. */
  readonly backpressureLimitBytes: number;
  readonly maxRequestBodyBytes: number;
}

/** What the server works with. */
export interface ServerParts {
  readonly api: ApiContext;
  readonly health: HealthContext;
  readonly admission: Admission;
  readonly cors: Cors;
  readonly proxies: TrustedProxies;
  /** Requests of the API by client address, or null when they are not limited. */
  readonly apiRate: AddressRate | null;
  /** For requests that nobody has signed. */
  readonly strangers: StrangerBudget;
  /** Names a refused request, and logs it under that name. */
  readonly requestId: (fault: Fault) => string;
  /** Told of a limit of the node that was hit. */
  readonly limitHit: (limit: LimitName) => void;
  /** Files that browsers load, by path without prefix; null for a path that is none of theirs. */
  readonly assets: (path: string) => Response | null;
  /** Told of what no handler caught: a fault in this program, or a request that broke off. */
  readonly report: (error: unknown) => void;
}

/** What one turn of the event loop may add to a buffer before anybody can look at it. */
export const RUNTIME_SLACK_BYTES: number = 8 * 1024 * 1024;

/** Silence that ends a connection between two requests. */
export const HTTP_IDLE_SECONDS = 10;

/** A TCP or Unix listener with its connections. */
type Listener = Server<Connection>;

/**
 * The servers of this process: one, but for the time in which connections of a former one (with an
 * older certificate) live on. Each has its own topics, so that a publish goes to all of them.
 */
export class Servers implements Sink {
  readonly #options: ServerOptions;
  readonly #published: (bytes: number, status: number) => void;
  readonly #listeners: (Listener | null)[] = [];
  /** Those that answer each connection's next request as its last. */
  readonly #retiring = new Set<Listener>();
  #current: Listener | null = null;
  #only: Listener | null = null;

  /** `published` is told of each publish: its bytes, and 0 or less when some socket did not take them at once. */
  constructor(options: ServerOptions, published: (bytes: number, status: number) => void) {
    this.#options = options;
    this.#published = published;
  }

  /** Begins to listen, besides what listens already. Returns the port, 0 for a Unix socket. Throws when the address cannot be bound. */
  listen(address: Address, parts: ServerParts): number {
    const isFirst = this.#listeners.length === 0;
    if (isFirst && address.kind === "tcp" && address.tls !== null && !address.shared)
      assertFree(address);
    const entrance: Entrance = {
      options: this.#options,
      parts,
      listener: this.#listeners.length,
      openCount: () => this.connectionCount,
    };
    const listener = Bun.serve<Connection>({
      ...(address.kind === "unix"
        ? { unix: address.path }
        : {
            hostname: address.host,
            port: address.port,
            idleTimeout: HTTP_IDLE_SECONDS,
            // A renewed certificate needs a second listener on the port.
            reusePort: address.shared || address.tls !== null,
            ...(address.tls === null ? {} : { tls: address.tls }),
          }),
      // By default Bun answers an exception with a page of source code, in executables too.
      development: false,
      error: (error) => {
        parts.report(error);
        return respond(parts, REJECT.internal(), null);
      },
      maxRequestBodySize: this.#options.maxRequestBodyBytes,
      fetch: (request, self) =>
        this.#retiring.has(self)
          ? asLast(route(entrance, request, self))
          : route(entrance, request, self),
      websocket: handlers(this.#options),
    });
    this.#listeners.push(listener);
    this.#current = listener;
    this.#only = entrance.listener === 0 ? listener : null;
    return listener.port ?? 0;
  }

  /** Open connections. */
  get connectionCount(): number {
    let count = 0;
    for (const listener of this.#listeners) count += listener?.pendingWebSockets ?? 0;
    return count;
  }

  /** Requests under way. */
  get requestCount(): number {
    let count = 0;
    for (const listener of this.#listeners) count += listener?.pendingRequests ?? 0;
    return count;
  }

  /**
   * All listeners, but for `except`, answer each connection's next request as its last. The result stops them: it ends
   * the connections that are between two requests; WebSockets live on.
   */
  retire(except: "none" | "current"): () => void {
    const retired = this.#listeners.filter(
      (listener) => listener !== null && (except === "none" || listener !== this.#current),
    );
    for (const listener of retired) if (listener !== null) this.#retiring.add(listener);
    return () => {
      // Resolves only when the last connection has ended.
      for (const listener of retired) void listener?.stop().then(() => this.#forget(listener));
    };
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map(async (listener) => listener?.stop(true)));
  }

  publish(topic: string, frame: Frame, except: Peer | null): void {
    const only = this.#only;
    if (only !== null && except === null) {
      this.#published(frame.length, only.publish(topic, frame, false));
      return;
    }
    const session = except instanceof Session ? except : null;
    for (const [index, listener] of this.#listeners.entries()) {
      // A publish through a socket skips only that socket, and reaches only its own server's others.
      const publisher = session?.listener === index ? session : listener;
      this.#published(frame.length, publisher?.publish(topic, frame, false) ?? 1);
    }
  }

  #forget(retired: Listener): void {
    this.#retiring.delete(retired);
    const index = this.#listeners.indexOf(retired);
    if (index < 0) return;
    this.#listeners[index] = null;
    const living = this.#listeners.filter((listener) => listener !== null);
    this.#only = living.length === 1 ? (living[0] ?? null) : null;
  }
}

/** One listener's view of the server. */
interface Entrance {
  readonly options: ServerOptions;
  readonly parts: ServerParts;
  readonly listener: number;
  readonly openCount: () => number;
}

function handlers(options: ServerOptions): WebSocketHandler<Connection> {
  return {
    maxPayloadLength: options.maxFrameBytes,
    // Above its limit the runtime loses frames without a word. Ours is looked after before.
    backpressureLimit: options.backpressureLimitBytes + RUNTIME_SLACK_BYTES,
    closeOnBackpressureLimit: false,
    // Liveness is the sessions' own: the runtime's timeout never ends a client that is pushed to.
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    open: (ws: ServerWebSocket<Connection>) => ws.data.opened(ws),
    message(ws: ServerWebSocket<Connection>, message: string | Buffer) {
      if (typeof message === "string") ws.data.received(message);
      else ws.data.receivedBinary();
    },
    ping: (ws: ServerWebSocket<Connection>) => ws.data.touched(),
    pong: (ws: ServerWebSocket<Connection>) => ws.data.touched(),
    drain: (ws: ServerWebSocket<Connection>) => ws.data.drained(),
    close: (ws: ServerWebSocket<Connection>, code: number, reason: string) =>
      ws.data.closed(sentCode(code, reason)),
  };
}

/** The code that a client was closed with. Of its own closes, for a violation of RFC 6455, the runtime tells 1006 and the right reason. */
function sentCode(code: number, reason: string): number {
  if (code !== 1006 || !reason.startsWith("Received ")) return code;
  if (reason === "Received too big message") return 1009;
  return reason === "Received invalid UTF-8" ? 1007 : 1002;
}

/** Nothing where a WebSocket was opened. */
type Answered = Response | undefined | Promise<Response | undefined>;

function route(entrance: Entrance, request: Request, server: Listener): Answered {
  const { options, parts } = entrance;
  const { path, query } = splitTarget(request.url);
  const { pathPrefix } = options;
  const local = path.startsWith(`${pathPrefix}/`) ? path.slice(pathPrefix.length) : path;
  if (local.startsWith("/apps/") || local.startsWith("/users/"))
    return answer(parts, request, server, { path: local, query });
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket")
    return upgrade(entrance, request, server, { path: local, query });
  if (!parts.strangers.take(clientOf(parts, request, server))) return tooManyUnsigned(parts);
  return parts.assets(local) ?? health(parts, request, local);
}

/** What operators ask; pages may, as they may ask the API. */
function health(parts: ServerParts, request: Request, path: string): Response | Promise<Response> {
  const { cors } = parts;
  const given = answerHealth(parts.health, path);
  if (given === null) return respond(parts, REJECT.unknownRoute(), request);
  if (request.method === "OPTIONS") return cors.preflight(request);
  return given instanceof Promise
    ? given.then((late) => cors.allow(late, request))
    : cors.allow(given, request);
}

/** The answer, after which the connection ends: the client has its next one elsewhere. */
function asLast(answered: Answered): Answered {
  if (answered instanceof Promise)
    return answered.then((response) => response && closing(response));
  return answered && closing(answered);
}

function closing(response: Response): Response {
  response.headers.set("connection", "close");
  return response;
}

function answer(
  parts: ServerParts,
  request: Request,
  server: Listener,
  target: RequestTarget,
): Response | Promise<Response> {
  const { apiRate, cors, api, strangers } = parts;
  // Only asked for where it counts: finding the address of a signed request would cost more than publishing it.
  const client = (): string => clientOf(parts, request, server);
  // Whoever says that he has signed it is believed until that is looked at: it must not matter to an application what
  // others at its address do.
  const isUnsigned = request.method === "OPTIONS" || !target.query.includes("auth_signature=");
  if (isUnsigned && !strangers.take(client())) return tooManyUnsigned(parts);
  if (request.method === "OPTIONS") return cors.preflight(request);
  if (apiRate !== null && !apiRate.take(client())) return refuse(parts, apiRate.fault, request);
  const judged = (caller: SignedCall | Fault): Response | Promise<Response> => {
    if (!isFault(caller))
      return answerSigned(api, caller).then((given) => respond(parts, given, request));
    if (!isUnsigned && !strangers.take(client())) return tooManyUnsigned(parts);
    return refuse(parts, caller, request);
  };
  const caller = identify(api, { request, ...target });
  return caller instanceof Promise ? caller.then(judged) : judged(caller);
}

function refuse(parts: ServerParts, fault: Fault, request: Request): Response {
  if (fault.limit !== undefined) parts.limitHit(fault.limit);
  return respond(parts, fault, request);
}

function tooManyUnsigned(parts: ServerParts): Response {
  return sendAway(parts, REJECT.tooManyUnsigned());
}

function sendAway(parts: ServerParts, fault: Fault): Response {
  if (fault.limit !== undefined) parts.limitHit(fault.limit);
  return turnAway(fault);
}

function upgrade(
  { parts, listener, openCount }: Entrance,
  request: Request,
  server: Listener,
  target: RequestTarget,
): Answered {
  const admitted = parts.admission.admit({
    ...target,
    listener,
    origin: request.headers.get("origin"),
    address: addressOf(parts, request, server),
    openCount: openCount(),
  });
  const open = (data: Verdict): Response | undefined => {
    if (isFault(data)) return sendAway(parts, data);
    if (server.upgrade(request, { data })) return undefined;
    data.closed(1006);
    if (!parts.strangers.take(clientOf(parts, request, server))) return tooManyUnsigned(parts);
    return respond(parts, REJECT.badUpgrade(), request);
  };
  return admitted instanceof Promise ? admitted.then(open) : open(admitted);
}

function respond(
  { cors, requestId }: ServerParts,
  given: Answer,
  request: Request | null,
): Response {
  return toResponse(given, {
    headers: cors.headers(request),
    accept: () => request?.headers.get("accept") ?? "",
    requestId,
  });
}

/** Whom the request counts for. */
function clientOf(parts: ServerParts, request: Request, server: Listener): string {
  return addressKey(addressOf(parts, request, server));
}

function addressOf({ proxies }: ServerParts, request: Request, server: Listener): string {
  const peer = server.requestIP(request)?.address ?? "";
  return proxies.any ? proxies.clientAddress(peer, request.headers.get("x-forwarded-for")) : peer;
}

/** Throws when somebody listens on the port. For a listener that is to be joined: such a one joins others without a word. */
function assertFree({
  host: hostname,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): void {
  void Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response() }).stop(true);
}

/** Answers on an address of its own, for operators. Returns the port and what ends it. Throws when the address cannot be bound. */
export function listenForOperators(
  host: string,
  port: number,
  handle: (request: Request) => Response | Promise<Response>,
): { readonly port: number; readonly stop: () => Promise<void> } {
  const server = Bun.serve({
    hostname: host,
    port,
    development: false,
    fetch: handle,
    error: () => new Response("Internal server error\n", { status: 500 }),
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}

/** A raw path and query, as they came: a signature covers them unchanged. */
interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/** Splits an absolute URL. */
function splitTarget(url: string): RequestTarget {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const target = start < 0 ? "/" : url.slice(start);
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
