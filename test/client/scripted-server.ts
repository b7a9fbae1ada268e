// A server of the Pusher protocol that sends what a test tells it to: deltas by docs/delta.md, made
// with the stock encoder and none of Fanwire's code, or nothing of deltas at all. It serves a page,
// pusher-js and the shim as well.
import type { Server, ServerWebSocket } from "bun";
import { clientModule, clientScript } from "../../src/client/embed.ts";
import type { Scope } from "../harness/scope.ts";
import * as reference from "../unit/client/reference.ts";
import type { Text } from "../unit/client/reference.ts";

const PUSHER_JS = `${import.meta.dir}/../../node_modules/pusher-js/dist/web/pusher.min.js`;

/** What one connection has subscribed to a channel with. */
interface Subscription {
  readonly number: number;
  readonly format: "compact" | "json" | null;
  /** The last text of each conflation key. */
  readonly bases: Map<string, Text>;
}

interface Connection {
  readonly subscriptions: Map<string, Subscription>;
}

/** One server. */
export class ScriptedServer {
  readonly #knowsDelta: boolean;
  readonly #server: Server<Connection>;
  readonly #sockets: Set<ServerWebSocket<Connection>> = new Set();
  readonly #pages: ReadonlyMap<string, string>;
  /** The frames that clients sent, as they came. */
  readonly received: string[] = [];
  /** The frames that clients were sent as binary frames. */
  binaryCount = 0;
  #seq = 0;
  #nextNumber = 1;

  constructor(scope: Scope, knowsDelta: boolean, pages: Readonly<Record<string, string>> = {}) {
    this.#knowsDelta = knowsDelta;
    this.#pages = new Map(Object.entries(pages));
    this.#server = Bun.serve<Connection>({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => this.#answer(request, server),
      websocket: {
        open: (socket) => this.#open(socket),
        message: (socket, frame) => this.#message(socket, String(frame)),
        close: (socket) => void this.#sockets.delete(socket),
      },
    });
    scope.add(() => this.#server.stop(true));
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  /** What the clients asked of deltas, by channel. */
  get asked(): readonly (readonly [channel: string, delta: unknown])[] {
    return this.received
      .map((frame) => JSON.parse(frame))
      .filter(({ event }) => event === "pusher:subscribe")
      .map(({ data }) => [data.channel, data.delta]);
  }

  /** Sends an event to all subscribers: the first of a key whole, the others as deltas. */
  publish(channel: string, event: string, data: unknown, key = ""): void {
    this.#seq++;
    for (const { socket, subscription } of this.#subscribers(channel)) {
      const text = reference.plain(channel, event, JSON.stringify(data));
      const next = { seq: this.#seq, key, text };
      const base = subscription.bases.get(key);
      subscription.bases.set(key, next);
      if (subscription.format === null) socket.send(text);
      else if (base === undefined) socket.send(reference.marked(next));
      else this.#sendDelta(socket, channel, subscription, base, next);
    }
  }

  /** Sends deltas to texts that no client has. */
  publishToMissingBase(channel: string): void {
    for (const { socket, subscription } of this.#subscribers(channel)) {
      const missing = { seq: 1e9, key: "", text: "{}" };
      this.#sendDelta(socket, channel, subscription, missing, { ...missing, seq: 1e9 + 1 });
    }
  }

  #sendDelta(
    socket: ServerWebSocket<Connection>,
    channel: string,
    { format, number }: Subscription,
    base: Text,
    next: Text,
  ): void {
    if (format === "json") socket.send(reference.jsonDelta("pusher:", channel, base, next));
    if (format !== "compact") return;
    this.binaryCount++;
    socket.send(reference.compactDelta(number, base, next));
  }

  #subscribers(channel: string): readonly {
    readonly socket: ServerWebSocket<Connection>;
    readonly subscription: Subscription;
  }[] {
    return [...this.#sockets].flatMap((socket) => {
      const subscription = socket.data.subscriptions.get(channel);
      return subscription === undefined ? [] : [{ socket, subscription }];
    });
  }

  #open(socket: ServerWebSocket<Connection>): void {
    this.#sockets.add(socket);
    const data = JSON.stringify({ socket_id: "1.2", activity_timeout: 120 });
    socket.send(JSON.stringify({ event: "pusher:connection_established", data }));
  }

  #message(socket: ServerWebSocket<Connection>, frame: string): void {
    this.received.push(frame);
    const { event, data } = JSON.parse(frame);
    if (event === "pusher:subscribe") this.#subscribe(socket, data.channel, data.delta);
    const { subscriptions } = socket.data;
    if (event === "pusher:unsubscribe") subscriptions.delete(data.channel);
    if (event === "pusher:delta_sync_error") subscriptions.get(data.channel)?.bases.clear();
  }

  #subscribe(
    socket: ServerWebSocket<Connection>,
    channel: string,
    delta: { readonly format?: string } | undefined,
  ): void {
    const asked = delta?.format === "compact" ? "compact" : "json";
    const format = this.#knowsDelta && delta !== undefined ? asked : null;
    const number = this.#nextNumber++;
    socket.data.subscriptions.set(channel, { number, format, bases: new Map() });
    socket.send(reference.succeeded("pusher:", channel));
    if (format === null) return;
    if (format === "compact") socket.send(reference.compactChannel("pusher:", channel, number));
    socket.send(reference.cacheSync("pusher:", channel, []));
  }

  #answer(request: Request, server: Server<Connection>): Response | undefined {
    const { pathname } = new URL(request.url);
    if (request.headers.has("upgrade")) {
      if (server.upgrade(request, { data: { subscriptions: new Map() } })) return undefined;
      return new Response(null, { status: 400 });
    }
    const page = this.#pages.get(pathname);
    if (page !== undefined) return new Response(page, { headers: { "content-type": "text/html" } });
    const headers = { "content-type": "text/javascript" };
    if (pathname === "/client/fanwire.js") return new Response(clientScript(), { headers });
    if (pathname === "/client/fanwire.mjs") return new Response(clientModule(), { headers });
    if (pathname === "/pusher.min.js") return new Response(Bun.file(PUSHER_JS), { headers });
    return new Response(null, { status: 404 });
  }
}
