// A TCP relay, as a load balancer in front of the server: its own port stays open while the server
// behind it ends and another takes its place. It passes bytes on as they are, unless it is told to alter
// the server's frames, as a broken proxy does.
import { until } from "../harness/deadline.ts";
import { frame, FrameReader, type ServerFrame } from "../harness/frames.ts";
import type { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";

/** Gives the payload that is passed on. */
export type Alter = (frame: ServerFrame) => Buffer;

/** What belongs to one side of a relayed connection. */
interface Side {
  peer: Bun.Socket<Side> | null;
  /** What came before the other side was there. */
  readonly early: Buffer[];
  isEnded: boolean;
}

/** One relay. */
export class Relay {
  /** Where new connections go. Connections wait while it does not answer. */
  target: Target;
  readonly #listener: Bun.TCPSocketListener<Side>;
  readonly #alter: Alter | null;

  constructor(scope: Scope, target: Target, alter: Alter | null = null) {
    this.target = target;
    this.#alter = alter;
    this.#listener = Bun.listen<Side>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => {
          client.data = { peer: null, early: [], isEnded: false };
          void this.#join(client);
        },
        data: pass,
        close: ({ data }) => {
          data.isEnded = true;
          data.peer?.end();
        },
      },
    });
    scope.add(() => this.#listener.stop(true));
  }

  /** The server as clients of the relay see it. */
  get front(): Target {
    return { ...this.target, host: "127.0.0.1", port: this.#listener.port };
  }

  async #join(client: Bun.Socket<Side>): Promise<void> {
    const server = await until(
      () => (client.data.isEnded ? client : this.#connect(client)),
      "a server behind the relay",
    );
    if (server === null || server === client) return;
    if (client.data.isEnded) return void server.end();
    client.data.peer = server;
    for (const bytes of client.data.early.splice(0)) server.write(bytes);
  }

  #connect(client: Bun.Socket<Side>): Promise<Bun.Socket<Side> | null> {
    const { host, port } = this.target;
    return Bun.connect<Side>({
      hostname: host,
      port,
      data: { peer: client, early: [], isEnded: false },
      socket: {
        data: this.#alter === null ? pass : passAltered(this.#alter),
        close: () => void client.end(),
      },
    }).catch(() => null);
  }
}

function pass({ data }: Bun.Socket<Side>, bytes: Buffer): void {
  if (data.peer === null) data.early.push(Buffer.from(bytes));
  else data.peer.write(bytes);
}

/** Passes the answer to the upgrade on as it is, and the frames behind it as they are altered. */
function passAltered(alter: Alter): typeof pass {
  const reader = new FrameReader();
  let hasHead = false;
  return ({ data: { peer } }, bytes) => {
    const frames = [...reader.push(bytes)];
    if (!hasHead && reader.head !== null) {
      hasHead = true;
      peer?.write(Buffer.from(reader.head, "latin1"));
    }
    for (const { opcode, payload } of frames)
      peer?.write(frame(alter({ opcode, payload }), { opcode, masked: false }));
  };
}
