// Queues for received frames that cannot be handled yet: their connection asks for more than it
// reads, asks faster than it may, or has a command that waits for another node. Frames of a
// connection are handled strictly in order, so while one waits, all later ones wait too. Only
// connections with waiting frames have a mailbox. If all mailboxes together use too much memory,
// the connection with the largest one is to be closed, never one of many with little.

/** The approximate memory of a frame besides its text. */
const FRAME_BYTES = 64;

/** The number of handled frames at which they are removed from the front of the list. */
const COMPACT_AT = 1024;

/** How many bytes may wait. */
export interface MailboxLimits {
  /** For one connection. */
  readonly maxBytes: number;
  /** For all connections together. */
  readonly maxTotalBytes: number;
}

/** The frames of one connection, in order. */
interface Mailbox {
  readonly texts: string[];
  /** How many of the texts have been taken. */
  taken: number;
  bytes: number;
  /** Whether its frames are being handled, in steps. */
  isBeingEmptied: boolean;
  /** Whether a command waits for something outside the connection, such as another node. */
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

  /** The connections that have waiting frames. */
  get connections(): Iterable<Connection> {
    return this.#boxes.keys();
  }

  has(connection: Connection): boolean {
    return this.#boxes.size > 0 && this.#boxes.has(connection);
  }

  /**
   * Adds a frame behind those that wait already. Returns the connection that must be closed to make room, or null.
   */
  put(connection: Connection, text: string): Connection | null {
    const box = this.#open(connection);
    box.texts.push(text);
    this.#count(box, bytesOf(text));
    if (box.bytes > this.#limits.maxBytes) return connection;
    return this.#totalBytes > this.#limits.maxTotalBytes ? this.#largest() : null;
  }

  /**
   * Claims the mailbox for the caller, who handles its frames and then calls `release`. Returns false if there is no
   * mailbox or if it is claimed already.
   */
  startEmptying(connection: Connection): boolean {
    const box = this.#boxes.get(connection);
    if (box === undefined || box.isBeingEmptied) return false;
    box.isBeingEmptied = true;
    return true;
  }

  /** Keeps all further frames of the connection waiting until `release`, because the command of one frame waits. */
  hold(connection: Connection): void {
    const box = this.#open(connection);
    box.isBeingEmptied = true;
    box.isHeld = true;
  }

  /** Whether a command of the connection waits. */
  isHeld(connection: Connection): boolean {
    return this.#boxes.get(connection)?.isHeld === true;
  }

  /** Ends the claim or the hold. Frames that are left keep waiting; an empty mailbox is removed. */
  release(connection: Connection): void {
    const box = this.#boxes.get(connection);
    if (box === undefined) return;
    box.isBeingEmptied = false;
    box.isHeld = false;
    if (box.taken === box.texts.length) this.#boxes.delete(connection);
  }

  /** Takes the first frame, or returns null if none is left. */
  take(connection: Connection): string | null {
    const box = this.#boxes.get(connection);
    const text = box?.texts[box.taken];
    if (box === undefined || text === undefined) return null;
    box.texts[box.taken++] = "";
    this.#count(box, -bytesOf(text));
    if (box.taken >= COMPACT_AT) box.taken -= box.texts.splice(0, COMPACT_AT).length;
    return text;
  }

  /** Removes the mailbox of a connection that has ended. */
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

/** The memory of a waiting frame. A text takes two bytes per character if any character needs it. */
function bytesOf(text: string): number {
  const isWide = Buffer.byteLength(text) > text.length;
  return text.length * (isWide ? 2 : 1) + FRAME_BYTES;
}
