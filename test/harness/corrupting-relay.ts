// A TCP relay in front of the server, as a broken proxy: it damages one delta when it is told to.
// The checksum that deltas end with is then wrong; everything else passes as it is.
import { frame, FrameReader, OPCODE, type ServerFrame } from "./frames.ts";
import { isObject, parseObject } from "./json.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "./target.ts";

interface Side {
  peer: Bun.Socket<Side> | null;
  /** What came before the other side was there. */
  readonly early: Buffer[];
  readonly reader: FrameReader;
  /** The answer to the upgrade, as long as its end has not come. */
  head: string | null;
}

const HEAD_END = "\r\n\r\n";

/** See the file's head. */
export class CorruptingRelay {
  readonly #target: Target;
  readonly #listener: Bun.TCPSocketListener<Side>;
  #isArmed = false;
  /** Deltas that it has damaged. */
  damagedCount = 0;

  constructor(scope: Scope, target: Target) {
    this.#target = target;
    this.#listener = Bun.listen<Side>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => {
          client.data = newSide(null);
          void this.#join(client);
        },
        data: ({ data: side }, bytes) => {
          if (side.peer === null) side.early.push(Buffer.from(bytes));
          else side.peer.write(bytes);
        },
        close: ({ data: side }) => void side.peer?.end(),
      },
    });
    scope.add(() => this.#listener.stop(true));
  }

  /** The server as clients of the relay see it. */
  get front(): Target {
    return { ...this.#target, host: "127.0.0.1", port: this.#listener.port };
  }

  /** Has the next delta damaged. */
  damageNext(): void {
    this.#isArmed = true;
  }

  async #join(client: Bun.Socket<Side>): Promise<void> {
    const server = await Bun.connect<Side>({
      hostname: this.#target.host,
      port: this.#target.port,
      data: newSide(client),
      socket: {
        data: (socket, bytes) => this.#pass(socket.data, bytes),
        close: () => void client.end(),
      },
    });
    client.data.peer = server;
    for (const bytes of client.data.early.splice(0)) server.write(bytes);
  }

  #pass(side: Side, bytes: Buffer): void {
    for (const { opcode, payload } of side.reader.push(behindHead(side, bytes)))
      side.peer?.write(frame(this.#damaged({ opcode, payload }), { opcode, masked: false }));
  }

  #damaged({ opcode, payload }: ServerFrame): Buffer {
    const isDelta = opcode === OPCODE.binary || payload.includes('"event":"pusher:delta"');
    if (!this.#isArmed || !isDelta) return payload;
    this.#isArmed = false;
    this.damagedCount++;
    return opcode === OPCODE.binary ? withWrongChecksum(payload) : inEnvelope(payload);
  }
}

function newSide(peer: Bun.Socket<Side> | null): Side {
  return { peer, early: [], reader: new FrameReader(), head: "" };
}

/** What of the bytes are frames. The head is passed on. */
function behindHead(side: Side, bytes: Buffer): Buffer {
  if (side.head === null) return bytes;
  side.head += bytes.toString("latin1");
  const end = side.head.indexOf(HEAD_END);
  if (end < 0) return Buffer.alloc(0);
  const behind = end + HEAD_END.length;
  side.peer?.write(Buffer.from(side.head.slice(0, behind), "latin1"));
  const rest = Buffer.from(side.head.slice(behind), "latin1");
  side.head = null;
  return rest;
}

/** Another last digit of the checksum, before the semicolon that ends a delta. */
function withWrongChecksum(delta: Buffer): Buffer {
  const damaged = Buffer.from(delta);
  const at = damaged.length - 2;
  damaged[at] = damaged[at] === 0x30 ? 0x31 : 0x30;
  return damaged;
}

function inEnvelope(payload: Buffer): Buffer {
  const parsed = parseObject(payload.toString());
  const { data } = parsed;
  if (!isObject(data)) throw new Error(`Cannot damage ${payload.toString()}: it has no delta`);
  const delta = withWrongChecksum(Buffer.from(String(data["delta"]), "base64"));
  return Buffer.from(
    JSON.stringify({ ...parsed, data: { ...data, delta: delta.toString("base64") } }),
  );
}
