// The links of a node to the others: both ends of each, and what the other node has said about it.
import { LinkReceiver, LinkSender, type LinkMessage } from "./link.ts";
import type { Operation } from "./operations.ts";

/** The last message that a node has sent over a link. */
export type LastSent = readonly [stream: number, number: number];

/** The streams of one sender are numbered from a multiple of this: a later sender's numbers are greater. */
const STREAM_STEP = 1_000_000;
/** How long it is kept what was handed to the new owner of a key. */
const HANDED_MS = 10_000;

/** A link to one node. */
export class Link {
  readonly sender: LinkSender;
  readonly receiver: LinkReceiver = new LinkReceiver();
  /** The nodes among which the other one has sent all parts that are due here; null before that. */
  sentHash: number | null = null;
  /** Whether both ends must begin anew once the other node is heard. */
  isSuspect = false;
  /** What the other node had sent when its last beat came. */
  #due: LastSent | null = null;
  /** The keys that were repeated since the stream began; null when all are. */
  #repeated: Set<string> | null = null;
  /** What was told of keys that the other node owns now: repeated if it misses that. */
  #handed: Operation[] = [];
  #handedMs = 0;

  constructor(sender: LinkSender) {
    this.sender = sender;
  }

  /** The other node has begun to repeat all of its parts. */
  begin(): void {
    this.#repeated = new Set();
  }

  repeat(key: string): void {
    this.#repeated?.add(key);
  }

  /** The part has gone to another owner. */
  withdraw(key: string): void {
    this.#repeated?.delete(key);
  }

  /** The other node has sent all parts that are due among these nodes. Returns those that it repeated, if it did. */
  complete(hash: number): ReadonlySet<string> | null {
    this.sentHash = hash;
    const repeated = this.#repeated;
    this.#repeated = null;
    return repeated;
  }

  /** Sends what was told of a key that the other node owns now. */
  hand(operation: Operation, nowMs: number): void {
    this.#handed.push(operation);
    this.#handedMs = nowMs;
    this.sender.push(operation);
  }

  /** Begins the sending end anew. All parts must be repeated after that. */
  restart(): void {
    this.sender.restart();
    for (const operation of this.#handed) this.sender.push(operation);
  }

  /** Begins the sending end anew for a node that was not there. */
  welcome(): void {
    this.#handed = [];
    this.sender.restart();
  }

  /** Something may have been missed in both directions. */
  suspect(): void {
    this.isSuspect = true;
    this.sentHash = null;
    this.#due = null;
    this.receiver.break();
  }

  /** Compares what has come with what was sent when the beat before this one came. Returns false if something is missing. */
  compare(sent: LastSent | null): boolean {
    const due = this.#due;
    this.#due = sent;
    return due === null ? this.receiver.isWhole : this.receiver.check(...due);
  }

  /** To be called from time to time. */
  tick(nowMs: number): void {
    if (nowMs - this.#handedMs >= HANDED_MS) this.#handed = [];
  }
}

/** All links. */
export class Links {
  readonly #send: (to: string, message: LinkMessage) => void;
  readonly #links: Map<string, Link> = new Map();
  #openedCount = 0;

  constructor(send: (to: string, message: LinkMessage) => void) {
    this.#send = send;
  }

  get(id: string): Link | undefined {
    return this.#links.get(id);
  }

  get all(): Iterable<Link> {
    return this.#links.values();
  }

  open(id: string): Link {
    return this.#links.getOrInsertComputed(id, () => {
      const firstStream = ++this.#openedCount * STREAM_STEP;
      return new Link(new LinkSender(firstStream, (message) => this.#send(id, message)));
    });
  }

  close(id: string): void {
    this.#links.delete(id);
  }

  flush(): void {
    for (const { sender } of this.#links.values()) sender.flush();
  }

  /** By node: the last message that it was sent. */
  sent(): Readonly<Record<string, LastSent>> {
    return Object.fromEntries(
      [...this.#links].map(([id, { sender }]) => [id, [sender.stream, sender.number] as const]),
    );
  }
}
