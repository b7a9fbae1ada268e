// What waits to be written to one connection of the local bus. Frames are added all through a turn of the event loop and
// written at its end, in one call.

const USUAL_BYTES = 65_536;

/** Writes some of the bytes and returns how many, or less than 0 when the connection has ended. */
export type Write = (bytes: Buffer) => number;

/** Bytes in the order in which they are to be written. */
export class SendBuffer {
  #bytes = Buffer.allocUnsafe(USUAL_BYTES);
  #start = 0;
  #end = 0;

  /** Bytes that are not written yet. */
  get waitingBytes(): number {
    return this.#end - this.#start;
  }

  /** Where the next bytes go, in the buffer that `reserve` returns. */
  get end(): number {
    return this.#end;
  }

  /** Makes room at `end`. What is written there counts only after `advance`. */
  reserve(count: number): Buffer {
    if (this.#end + count <= this.#bytes.length) return this.#bytes;
    const waiting = this.waitingBytes;
    const needed = waiting + count;
    // Half of the buffer stays free, so that moving costs little for each byte.
    const target =
      needed * 2 <= this.#bytes.length
        ? this.#bytes
        : Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#bytes = target;
    this.#start = 0;
    this.#end = waiting;
    return target;
  }

  /** Counts bytes that were written into the reserved room. */
  advance(count: number): void {
    this.#end += count;
  }

  /** Adds a part of another buffer. */
  append(source: Buffer, from: number, to: number): void {
    const bytes = this.reserve(to - from);
    source.copy(bytes, this.#end, from, to);
    this.#end += to - from;
  }

  /** Writes as much as the connection takes. */
  flush(write: Write): void {
    while (this.#start < this.#end) {
      const taken = write(this.#bytes.subarray(this.#start, this.#end));
      if (taken <= 0) return;
      this.#start += taken;
    }
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > 16 * USUAL_BYTES) this.#bytes = Buffer.allocUnsafe(USUAL_BYTES);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#start = 0;
    this.#end = 0;
    this.#bytes = Buffer.allocUnsafe(USUAL_BYTES);
  }
}
