// A TCP relay between clients and a broker: it passes bytes on, late if asked to, or breaks in the ways in which a
// network does. It keeps the order of the bytes and their back pressure.
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Scope } from "../scope.ts";
import { freePort } from "./free-port.ts";

/** Where the broker is. */
export interface RelayTarget {
  readonly host?: string;
  readonly port: number;
}

/** What the relay does with bytes. */
type Mode = "pass" | "hold" | "swallow";

interface Link {
  readonly client: Socket;
  readonly broker: Socket;
  /** Whether bytes of it were swallowed: what follows them would make no sense. */
  isTorn: boolean;
}

/** Starts a relay. */
export async function startRelay(scope: Scope, target: RelayTarget): Promise<TcpRelay> {
  const relay = new TcpRelay(scope, await freePort(), target);
  await relay.accept();
  return relay;
}

/** One relay. It keeps its port also while it refuses connections. */
export class TcpRelay {
  readonly port: number;
  /** Bytes that came from clients, whatever became of them. */
  bytesToBroker = 0;
  /** Bytes that came from the broker, whatever became of them. */
  bytesToClients = 0;
  /** How much later bytes are passed on, in each direction. Holds for bytes that arrive from now on. */
  delayMs = 0;
  readonly #target: RelayTarget;
  readonly #links = new Set<Link>();
  #server: Server | null = null;
  #mode: Mode = "pass";

  constructor(scope: Scope, port: number, target: RelayTarget) {
    this.port = port;
    this.#target = target;
    scope.add(async () => {
      await this.refuse();
      this.cut();
    });
  }

  /** How many connections there are. */
  get connectionCount(): number {
    return this.#links.size;
  }

  /** Passes bytes on again. Connections whose bytes were swallowed are cut; what was held comes now. */
  pass(): void {
    this.#mode = "pass";
    for (const link of this.#links) {
      if (link.isTorn) end(link);
      link.client.resume();
      link.broker.resume();
    }
  }

  /** Passes nothing on for now, as a network that drops packets: nothing is lost, and new connections are made but silent. */
  hold(): void {
    this.#mode = "hold";
    for (const { client, broker } of this.#links) {
      client.pause();
      broker.pause();
    }
  }

  /** Reads bytes and throws them away, in both directions, also on new connections. */
  swallow(): void {
    this.#mode = "swallow";
    for (const { client, broker } of this.#links) {
      client.resume();
      broker.resume();
    }
  }

  /** Breaks all connections. New ones can be made. */
  cut(): void {
    for (const link of this.#links) end(link);
  }

  /** Refuses new connections. Those that there are go on. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    // It closes its port at once; the callback would wait for the connections.
    server?.close();
    await Bun.sleep(0);
  }

  /** Takes new connections again. */
  accept(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (this.#server !== null) return Promise.resolve();
    const server = createServer({ noDelay: true }, (client) => this.#join(client));
    this.#server = server;
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: this.port }, resolve);
    return promise;
  }

  #join(client: Socket): void {
    const broker = connect({ host: "127.0.0.1", noDelay: true, ...this.#target });
    const link: Link = { client, broker, isTorn: false };
    this.#links.add(link);
    const toBroker = this.#pipe(link, client, broker);
    const toClient = this.#pipe(link, broker, client);
    client.on("data", (bytes: Buffer) => {
      this.bytesToBroker += bytes.length;
      toBroker(bytes);
    });
    broker.on("data", (bytes: Buffer) => {
      this.bytesToClients += bytes.length;
      toClient(bytes);
    });
    for (const socket of [client, broker]) {
      socket.on("error", () => end(link));
      socket.on("close", () => {
        end(link);
        this.#links.delete(link);
      });
    }
    if (this.#mode === "hold") {
      client.pause();
      broker.pause();
    }
  }

  /** What passes bytes of one direction on, in their order. */
  #pipe(link: Link, from: Socket, to: Socket): (bytes: Buffer) => void {
    let dueMs = 0;
    to.on("drain", () => {
      if (this.#mode !== "hold") from.resume();
    });
    const write = (bytes: Buffer): void => {
      if (!to.destroyed && !to.write(bytes)) from.pause();
    };
    return (bytes) => {
      if (this.#mode === "swallow") {
        link.isTorn = true;
        return;
      }
      const nowMs = performance.now();
      // Bytes that were delayed longer still come first.
      dueMs = Math.max(dueMs, nowMs + this.delayMs);
      if (dueMs <= nowMs) write(bytes);
      else setTimeout(write, dueMs - nowMs, bytes);
    };
  }
}

function end({ client, broker }: Link): void {
  client.destroy();
  broker.destroy();
}
