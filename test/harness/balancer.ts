// A TCP balancer in front of nodes: it gives each client in turn to the next node, and each request of the API
// too. Clients take turns of their own, so that two that connect one after the other are on different nodes
// whatever is published between them.
import type { Scope } from "./scope.ts";

/** One side of a connection that is passed on. */
interface Side {
  peer: Bun.Socket<Side> | null;
  /** What the other side has not taken yet, or what came before there was another side. */
  readonly waiting: Buffer[];
  isEnded: boolean;
}

const HOST = "127.0.0.1";
/** What a client's upgrade begins with. */
const CLIENT = "GET /app/";

/** A balancer that listens. */
export interface Balancer {
  readonly port: number;
  /** Gives its port back. Nothing happens when that has been done. */
  readonly stop: () => void;
}

/** Listens on the port, 0 for any, and passes connections on to the ports. */
export function startBalancer(scope: Scope, port: number, nodePorts: readonly number[]): Balancer {
  const turns = { clients: 0, requests: 0 };
  const listener = Bun.listen<Side>({
    hostname: HOST,
    port,
    socket: {
      open: (socket) => {
        socket.data = { peer: null, waiting: [], isEnded: false };
      },
      data: (socket, bytes) => {
        const isFirst = socket.data.peer === null && socket.data.waiting.length === 0;
        pass(socket, bytes);
        if (!isFirst) return;
        const kind = bytes.toString("latin1", 0, CLIENT.length) === CLIENT ? "clients" : "requests";
        const nodePort = nodePorts[turns[kind]++ % nodePorts.length] ?? 0;
        void connect(socket, nodePort);
      },
      drain: flushPeer,
      close: end,
    },
  });
  const stop = (): void => listener.stop(true);
  scope.add(stop);
  return { port: listener.port, stop };
}

/** Connects a client to a node. A node that is down ends the client's connection. */
async function connect(client: Bun.Socket<Side>, port: number): Promise<void> {
  try {
    const node = await Bun.connect<Side>({
      hostname: HOST,
      port,
      data: { peer: client, waiting: [], isEnded: false },
      socket: { data: pass, drain: flushPeer, close: end },
    });
    if (client.data.isEnded) return void node.end();
    client.data.peer = node;
    flush(client);
  } catch {
    client.end();
  }
}

function pass(from: Bun.Socket<Side>, bytes: Buffer): void {
  from.data.waiting.push(Buffer.from(bytes));
  flush(from);
}

/** Writes what has come from one side to the other, as far as that takes it. */
function flush(from: Bun.Socket<Side>): void {
  const { peer, waiting } = from.data;
  if (peer === null) return;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    const taken = peer.write(next);
    if (taken < next.length) {
      waiting[0] = next.subarray(Math.max(0, taken));
      return;
    }
    waiting.shift();
  }
  if (from.data.isEnded) peer.end();
}

/** A side that takes bytes again gets those of its peer. */
function flushPeer({ data: { peer } }: Bun.Socket<Side>): void {
  if (peer !== null) flush(peer);
}

function end(socket: Bun.Socket<Side>): void {
  socket.data.isEnded = true;
  flush(socket);
}
