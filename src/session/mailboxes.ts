// Frames that wait: of connections that ask for more than they read, or faster than they may. A
// connection's frames are handled strictly in order, so while one waits all that follow do. Only
// connections with such frames have a mailbox. Where all of them together take too much memory, the
// connection with the largest is the one to be closed: never one of many with a little.

/** What one frame takes beside its text, about. */
const FRAME_BYTES = 64;

/** Frames that have been taken leave the list when they are so many. */
const COMPACT_AT = 1024;

/** How much may wait, in bytes. */
export interface MailboxLimits {
  /** For one connection. */
  readonly maxBytes: number;
  /** For all of them together. */
  readonly maxTotalBytes: number;
}

/** Frames of one connection, in their order. */
interface Mailbox {
  readonly texts: string[];
  /** How many of them have been taken. */
  taken: number;
  bytes: number;
  /** Its frames are being handled, in steps. */
  isBeingEmptied: boolean;
  /** A command waits for something else than the connection itself. */
  isHeld: boolean;
}

/** The mailboxes of all connections. */
export class Mailboxes<Connection> {
  readonly #limits: MailboxLimits;
  readonly #boxes: Map<Connection, Mailbox> = new Map();
  #totalBytes = 0;

  constructor(limits: MailboxLimits) {
    this.#limits = limits;
  }

  /** Connections with frames that wait. */
  get connections(): Iterable<Connection> {
    return this.#boxes.keys();
  }

  has(connection: Connection): boolean {
    return this.#boxes.size > 0 && this.#boxes.has(connection);
  }

  /** Keeps a frame behind those that wait already. Returns the connection that has to be closed to make room, or null. */
  put(connection: Connection, text: string): Connection | null {
    const box = this.#open(connection);
    box.texts.push(text);
    this.#count(box, bytesOf(text));
    if (box.bytes > this.#limits.maxBytes) return connection;
    return this.#totalBytes > this.#limits.maxTotalBytes ? this.#largest() : null;
  }

  /** Whether the caller is to empty the mailbox: there is one, and nobody else is at it. Until `release` it counts as being emptied. */
  startEmptying(connection: Connection): boolean {
    const box = this.#boxes.get(connection);
    if (box === undefined || box.isBeingEmptied) return false;
    box.isBeingEmptied = true;
    return true;
  }

  /** Keeps all frames of the connection until `release`: the command of one of them waits. */
  hold(connection: Connection): void {
    const box = this.#open(connection);
    box.isBeingEmptied = true;
    box.isHeld = true;
  }

  /** Whether a command of the connection waits. */
  isHeld(connection: Connection): boolean {
    return this.#boxes.get(connection)?.isHeld === true;
  }

  /** Leaves the frames that are left to wait. Without any there is no mailbox any more. */
  release(connection: Connection): void {
    const box = this.#boxes.get(connection);
    if (box === undefined) return;
    box.isBeingEmptied = false;
    box.isHeld = false;
    if (box.taken === box.texts.length) this.#boxes.delete(connection);
  }

  /** Takes the first frame; null when none is left. */
  take(connection: Connection): string | null {
    const box = this.#boxes.get(connection);
    const text = box?.texts[box.taken];
    if (box === undefined || text === undefined) return null;
    box.texts[box.taken++] = "";
    this.#count(box, -bytesOf(text));
    if (box.taken >= COMPACT_AT) box.taken -= box.texts.splice(0, COMPACT_AT).length;
    return text;
  }

  /** Forgets the frames of a connection that has ended. */
  drop(connection: Connection): void {
    const box = this.#boxes.get(connection);
    if (box === undefined) return;
    this.#count(box, -box.bytes);
    this.#boxes.delete(connection);
  }

  #open(connection: Connection): Mailbox {
    return this.#boxes.getOrInsertComputed(connection, () => ({
      texts: [],
      taken: 0,
      bytes: 0,
      isBeingEmptied: false,
      isHeld: false,
    }));
  }

  #count(box: Mailbox, bytes: number): void {
    box.bytes += bytes;
    this.#totalBytes += bytes;
  }

  #largest(): Connection | null {
    let largest: Connection | null = null;
    let largestBytes = 0;
    for (const [connection, { bytes }] of this.#boxes) {
      if (bytes <= largestBytes) continue;
      largest = connection;
      largestBytes = bytes;
    }
    return largest;
  }
}

/** Memory of a frame that waits: a character takes two bytes where one of them needs it. */
function bytesOf(text: string): number {
  const isWide = Buffer.byteLength(text) > text.length;
  return text.length * (isWide ? 2 : 1) + FRAME_BYTES;
}
