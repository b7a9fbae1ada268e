// One connection of the fuzzer: writes frames in large pieces, discards what it reads, and reconnects when
// the server closes it.
import { until, within } from "../harness/deadline.ts";
import { FrameReader, upgradeRequest } from "../harness/frames.ts";
import type { Scope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";
import { TcpConnection } from "../harness/tcp-connection.ts";
import { fuzzFrame } from "./fuzz-frames.ts";
import type { Random } from "./random.ts";

/** Frames of one write; between two writes the socket is read. */
const FRAMES_PER_WRITE = 200;

/** What all connections have done together. */
export interface FuzzTally {
  frameCount: number;
  connectionCount: number;
}

/** One connection, made again as often as needed. */
export class FuzzConnection {
  readonly #scope: Scope;
  readonly #target: Target;
  readonly #random: Random;
  #tcp: TcpConnection | null = null;
  #socketId = "";

  constructor(scope: Scope, target: Target, random: Random) {
    this.#scope = scope;
    this.#target = target;
    this.#random = random;
  }

  /** Sends frames until the tally has so many. */
  async run(tally: FuzzTally, frameCount: number): Promise<void> {
    while (tally.frameCount < frameCount) {
      if (this.#tcp === null || this.#tcp.isEnded) await this.#connect(tally);
      await this.#write(tally);
    }
  }

  /** Drops the connection without a close frame. */
  terminate(): void {
    this.#tcp?.terminate();
  }

  async #write(tally: FuzzTally): Promise<void> {
    const tcp = this.#tcp;
    if (tcp === null) return;
    const pieces: Uint8Array[] = [];
    let deadly = false;
    while (pieces.length < FRAMES_PER_WRITE && !deadly) {
      const next = fuzzFrame(this.#random, this.#socketId);
      pieces.push(next.bytes);
      ({ deadly } = next);
    }
    tcp.write(Buffer.concat(pieces));
    tally.frameCount += pieces.length;
    await tcp.drained();
    if (deadly) await until(() => tcp.isEnded, "a connection that broke the protocol to be closed");
    else await Bun.sleep(0);
  }

  async #connect(tally: FuzzTally): Promise<void> {
    const reader = new FrameReader();
    const established = Promise.withResolvers<void>();
    this.#tcp = new TcpConnection({
      data: (bytes) => {
        if (this.#socketId !== "") return;
        for (const { payload } of reader.push(bytes))
          this.#socketId ||= /socket_id\\":\\"(\d+\.\d+)/.exec(payload.toString())?.[1] ?? "";
        if (this.#socketId !== "") established.resolve();
      },
      ended: () => established.resolve(),
    });
    this.#socketId = "";
    await this.#tcp.connect(this.#scope, this.#target);
    this.#tcp.write(upgradeRequest(this.#target));
    await within(established.promise, "the handshake of a fuzzed connection");
    tally.connectionCount++;
  }
}
