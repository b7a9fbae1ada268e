// Standard output and standard error. A reader that stalls or has gone never blocks the event loop, makes memory grow
// or ends the process. What cannot be written is dropped and counted, and the count is reported once writing works
// again. The runtime's own streams throw when the disk is full and buffer without bound for a stalled reader.
import { constants, fstatSync, openSync, write, writeSync } from "node:fs";

/** Writes some of the bytes and returns how many. Rejects with the system's error. */
export type Take = (bytes: Uint8Array) => Promise<number>;

/** How an output behaves. */
export interface OutputOptions {
  readonly take: Take;
  /** What is written in place of lines that were lost, with its line feed. */
  readonly lossNotice: (lines: number) => string;
  /** Called when the reader has gone for good. */
  readonly gone?: () => void;
  /** Bytes of one write at most, unless a single text is longer. */
  readonly maxChunkBytes?: number;
}

/** Bytes that may wait to be written. A text is accepted below this, whatever its own size. */
const MAX_WAITING_BYTES = 1_048_576;
const MAX_CHUNK_BYTES = 65_536;
/** What Linux writes to a pipe in one piece, so that other processes with the same pipe do not write in between. */
export const ATOMIC_BYTES = 4096;
/** Pause before the next attempt on a device that cannot write. */
const RETRY_MS = 1000;
/** Pause before the next attempt when the reader is not ready. */
const BUSY_MS = 50;
const LINE_FEED = 10;

/** One of the two streams. Invariant: one write at a time, and after a loss nothing is accepted until the loss is reported. */
export class Output {
  readonly #options: OutputOptions;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lostLines = 0;
  #isWriting = false;
  /** Whether the last line on the device is incomplete. */
  #isInLine = false;
  #flushed: (() => void)[] = [];

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Lines that were lost and not reported yet. */
  get lostLines(): number {
    return this.#lostLines;
  }

  /** Writes the text, or counts its lines as lost. Never throws. */
  write(text: string): void {
    if (text === "") return;
    const bytes = Buffer.from(text);
    if (this.#lostLines > 0 || this.#waitingBytes >= MAX_WAITING_BYTES) {
      this.#lostLines += lineCount(bytes);
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) void this.#writeAll();
  }

  /** Resolves when everything is written or lost. */
  flush(timeoutMs: number): Promise<void> {
    if (this.#waitingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushed.push(resolve);
      if (timeoutMs !== Infinity) setTimeout(resolve, timeoutMs);
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0 || this.#lostLines > 0) {
      const chunk = this.#nextChunk();
      if (chunk === null) await this.#tellLoss();
      else await this.#writeChunk(chunk);
    }
    this.#isWriting = false;
  }

  /** As many of the waiting texts as fit into one write. */
  #nextChunk(): Uint8Array | null {
    const { maxChunkBytes = MAX_CHUNK_BYTES } = this.#options;
    let [count, size] = [0, 0];
    for (const text of this.#waiting) {
      if (count > 0 && size + text.length > maxChunkBytes) break;
      count++;
      size += text.length;
    }
    return count === 0 ? null : Buffer.concat(this.#waiting.splice(0, count));
  }

  async #writeChunk(chunk: Uint8Array): Promise<void> {
    const taken = await this.#put(chunk);
    this.#lostLines += lineCount(chunk.subarray(taken));
    this.#waitingBytes -= chunk.length;
    if (this.#waitingBytes > 0) return;
    for (const resolve of this.#flushed) resolve();
    this.#flushed = [];
  }

  async #tellLoss(): Promise<void> {
    const told = this.#lostLines;
    const notice = Buffer.from(`${this.#isInLine ? "\n" : ""}${this.#options.lossNotice(told)}`);
    if ((await this.#put(notice)) === notice.length) this.#lostLines -= told;
    else await pause(RETRY_MS);
  }

  /** Writes until everything is written or the device fails. Returns how many bytes it took. */
  async #put(bytes: Uint8Array): Promise<number> {
    let taken = 0;
    while (taken < bytes.length) {
      try {
        const count = await this.#options.take(bytes.subarray(taken));
        taken += count;
        if (count === 0) await pause(BUSY_MS);
      } catch (error) {
        const code = codeOf(error);
        if (code === "EPIPE") this.#options.gone?.();
        if (code !== "EAGAIN") break;
        await pause(BUSY_MS);
      }
    }
    if (taken > 0) this.#isInLine = bytes[taken - 1] !== LINE_FEED;
    return taken;
  }
}

/** Writes to a standard stream of this process, 1 or 2, without blocking the event loop. */
export function standardStream(descriptor: 1 | 2): Take {
  const own = ownPipeEnd(descriptor);
  if (own !== null) return async (bytes) => writeSync(own, bytes);
  return (bytes) =>
    new Promise((resolve, reject) => {
      write(descriptor, bytes, (error, count) => (error === null ? resolve(count) : reject(error)));
    });
}

/**
 * A descriptor of our own for the pipe, on which a write never blocks. On the inherited one, a write to a stalled reader
 * would block one of the few threads that also read files and resolve names; and making that one non-blocking would
 * change it for every process that shares it.
 */
function ownPipeEnd(descriptor: number): number | null {
  try {
    if (process.platform !== "linux" || !fstatSync(descriptor).isFIFO()) return null;
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}

/** Lines of which the bytes have a part. */
function lineCount(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let count = bytes.at(-1) === LINE_FEED ? 0 : 1;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, durationMs));
}
