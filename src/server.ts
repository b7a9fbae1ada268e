// The network: the only file that calls Bun.serve. It turns requests into sessions and API calls
// and is the hub's sink. Nothing is decided here but where a request goes.
import type { Server, ServerWebSocket, WebSocketHandler } from "bun";
import type { Sink } from "./hub/ports.ts";
import { type ApiContext, handleApi } from "./http/pipeline.ts";
import { toResponse } from "./http/answer.ts";
import { CLOSE, isFault, REJECT, rejection } from "./protocol/faults.ts";
import { claimedProtocol, readHandshake } from "./protocol/handshake.ts";
import { percentDecode } from "./protocol/query.ts";
import type { Connection } from "./session/connection.ts";
import { RefusedConnection } from "./session/refused.ts";
import { Session, type SessionContext } from "./session/session.ts";

/** What the server is told at its start. */
export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Comes before every path, for example `/realtime`; empty for none. */
  readonly pathPrefix: string;
  /** Connections at once; more are closed with 4100. */
  readonly capacity: number;
  /** The longest inbound frame; a longer one closes its connection with 1009. */
  readonly maxFrameBytes: number;
  /** What may wait for a slow client; what is published above it is not delivered to that client. */
  readonly backpressureLimitBytes: number;
  readonly maxRequestBodyBytes: number;
}

/** What the server works with. */
export interface ServerParts {
  readonly api: ApiContext;
  readonly sessions: SessionContext;
  readonly nextSocketId: () => string;
  /** Told of what no handler caught: a fault in this program. */
  readonly report: (error: unknown) => void;
}

/** The hub's sink before there is a server: connected by `listen`. */
export class ServerSink implements Sink {
  #server: Server<Connection> | null = null;

  connect(server: Server<Connection>): void {
    this.#server = server;
  }

  publish(topic: string, text: string): void {
    this.#server?.publish(topic, text, false);
  }
}

/** Starts to listen. Throws when the address cannot be bound. */
export function listen(
  options: ServerOptions,
  parts: ServerParts,
  sink: ServerSink,
): Server<Connection> {
  const server = Bun.serve<Connection>({
    hostname: options.host,
    port: options.port,
    // By default Bun answers an exception with a page of source code, in executables too.
    development: false,
    error: (error) => {
      parts.report(error);
      return toResponse(rejection(500, "Internal server error"));
    },
    maxRequestBodySize: options.maxRequestBodyBytes,
    fetch: (request, self) => route(options, parts, request, self),
    websocket: handlers(options),
  });
  sink.connect(server);
  return server;
}

function handlers(options: ServerOptions): WebSocketHandler<Connection> {
  return {
    maxPayloadLength: options.maxFrameBytes,
    backpressureLimit: options.backpressureLimitBytes,
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
    close: (ws: ServerWebSocket<Connection>) => ws.data.closed(),
  };
}

function route(
  options: ServerOptions,
  parts: ServerParts,
  request: Request,
  server: Server<Connection>,
): Response | undefined | Promise<Response | undefined> {
  const { path, query } = splitTarget(request.url);
  const { pathPrefix } = options;
  const local = path.startsWith(`${pathPrefix}/`) ? path.slice(pathPrefix.length) : path;
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket")
    return upgrade({ options, parts, request, server }, local, query);
  if (local.startsWith("/apps/")) return handleApi(parts.api, request, local, query);
  return toResponse(local === "/" ? "OK" : REJECT.unknownRoute());
}

interface Upgrade {
  readonly options: ServerOptions;
  readonly parts: ServerParts;
  readonly request: Request;
  readonly server: Server<Connection>;
}

async function upgrade(
  upgrading: Upgrade,
  path: string,
  query: string,
): Promise<Response | undefined> {
  const { request, server } = upgrading;
  const data = await admit(upgrading, path, query);
  if (server.upgrade(request, { data })) return undefined;
  return toResponse(rejection(400, "Invalid WebSocket upgrade request"));
}

/** The connection for an upgrade: a session, or one that only says why not. */
async function admit(
  { options, parts, server }: Upgrade,
  path: string,
  query: string,
): Promise<Connection> {
  const protocol = claimedProtocol(query);
  const [, root, key, ...rest] = path.split("/");
  if (root !== "app" || key === undefined || key === "" || rest.length > 0)
    return new RefusedConnection(CLOSE.unknownPath(), protocol);
  const handshake = readHandshake(query);
  if (isFault(handshake)) return new RefusedConnection(handshake, protocol);
  const app = await parts.api.apps.byKey(percentDecode(key));
  if (app === null) return new RefusedConnection(CLOSE.unknownApp(percentDecode(key)), protocol);
  if (!app.enabled) return new RefusedConnection(CLOSE.disabledApp(), protocol);
  const hub = parts.api.hub.of(app);
  if (hub.sockets.size >= app.limits.maxConnections)
    return new RefusedConnection(CLOSE.overQuota(), protocol);
  if (server.pendingWebSockets >= options.capacity)
    return new RefusedConnection(CLOSE.overCapacity(), protocol);
  return new Session(parts.sessions, hub, parts.nextSocketId(), handshake);
}

/** The raw path and query of an absolute URL, as they came: a signature covers them unchanged. */
function splitTarget(url: string): { readonly path: string; readonly query: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const target = start < 0 ? "/" : url.slice(start);
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
