// What processes of one machine send one another over the local bus: frames with a length in front. A publication is
// forwarded as the bytes that came, so that the router reads no more of it than its topic.

/** The version of this format. All processes of a server are the same executable; this keeps strangers out. */
export const VERSION = 1;

/** The kinds of frames, by who sends them. */
export const KIND = {
  /** Worker: version, token, node id. */
  hello: 1,
  /** Router: the worker is let in. */
  welcome: 2,
  /** Both: length of the topic, topic, text. */
  publication: 3,
  /** Worker: a number for the answer, then topics to join and to leave. */
  interest: 4,
  /** Router: that number, when everything is joined and left. */
  interested: 5,
  /** Both: a number, which the router sends back. */
  probe: 6,
  /** Router: the node id of a worker that has ended. */
  gone: 7,
  /** Worker: it ends. */
  bye: 8,
} as const;

/** Bytes of a length. */
export const LENGTH_BYTES = 4;
/** Length and kind. */
export const HEADER_BYTES: number = LENGTH_BYTES + 1;
/** Header and length of the topic. */
export const TOPIC_AT: number = HEADER_BYTES + 2;
/** The longest topic. */
export const MAX_TOPIC_BYTES = 0xff_ff;
/** The largest frame. */
export const MAX_FRAME_BYTES: number = 32 * 1024 * 1024;
/** The largest frame of somebody who has not shown a token. */
export const MAX_HELLO_BYTES = 256;

/** Called with a whole frame, header included. False when it is malformed. */
export type FrameHandler = (bytes: Buffer, from: number, to: number) => boolean;

const USUAL_PARTIAL_BYTES = 65_536;

/** Cuts the bytes of a connection into frames. */
export class FrameReader {
  readonly #handle: FrameHandler;
  #partial = Buffer.allocUnsafe(LENGTH_BYTES);
  /** Bytes of a frame whose rest has not come yet. */
  #partialBytes = 0;
  /** The largest frame that is taken. */
  maxBytes: number;

  constructor(maxBytes: number, handle: FrameHandler) {
    this.maxBytes = maxBytes;
    this.#handle = handle;
  }

  /** Handles all frames that are whole now. False when one is malformed; then the connection must end. */
  read(chunk: Buffer): boolean {
    let at = 0;
    while (this.#partialBytes > 0 && at < chunk.length) {
      const taken = this.#complete(chunk, at);
      if (taken < 0) return false;
      at += taken;
    }
    for (;;) {
      if (chunk.length - at < LENGTH_BYTES) break;
      const bytes = chunk.readUInt32LE(at);
      if (!this.#isAllowed(bytes)) return false;
      const end = at + LENGTH_BYTES + bytes;
      if (end > chunk.length) break;
      if (!this.#handle(chunk, at, end)) return false;
      at = end;
    }
    this.#keep(chunk, at);
    return true;
  }

  /** Adds to the frame that has begun, and handles it when it is whole. Returns how many bytes it took, -1 when it is malformed. */
  #complete(chunk: Buffer, at: number): number {
    if (this.#partialBytes < LENGTH_BYTES) return this.#add(chunk, at, LENGTH_BYTES);
    const bytes = this.#partial.readUInt32LE(0);
    if (!this.#isAllowed(bytes)) return -1;
    const whole = LENGTH_BYTES + bytes;
    const taken = this.#add(chunk, at, whole);
    if (this.#partialBytes < whole) return taken;
    const frame = this.#partial;
    this.#partialBytes = 0;
    if (frame.length > USUAL_PARTIAL_BYTES) this.#partial = Buffer.allocUnsafe(LENGTH_BYTES);
    return this.#handle(frame, 0, whole) ? taken : -1;
  }

  /** Copies bytes until the frame has `size` of them. */
  #add(chunk: Buffer, at: number, size: number): number {
    if (this.#partial.length < size) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#partial.length));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    const taken = Math.min(size - this.#partialBytes, chunk.length - at);
    chunk.copy(this.#partial, this.#partialBytes, at, at + taken);
    this.#partialBytes += taken;
    return taken;
  }

  #keep(chunk: Buffer, from: number): void {
    let at = from;
    while (at < chunk.length) {
      const whole =
        this.#partialBytes < LENGTH_BYTES
          ? LENGTH_BYTES
          : LENGTH_BYTES + this.#partial.readUInt32LE(0);
      at += this.#add(chunk, at, whole);
    }
  }

  #isAllowed(bytes: number): boolean {
    return bytes >= 1 && bytes <= this.maxBytes;
  }
}
