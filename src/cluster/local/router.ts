// The router of the local bus, in the primary: forwards publications between the workers of this machine. It reads
// topics and never texts. A worker comes with a token that the primary has given it; nobody else is let in.
import { randomBytes } from "node:crypto";
import type { Socket, UnixSocketListener } from "bun";
import {
  FrameReader,
  HEADER_BYTES,
  KIND,
  LENGTH_BYTES,
  MAX_FRAME_BYTES,
  MAX_HELLO_BYTES,
  TOPIC_AT,
} from "./frames.ts";
import { readHello, readInterest } from "./requests.ts";
import { RoutedWorker } from "./routed-worker.ts";
import { TopicTable } from "./topics.ts";

/** What the router has done. */
export interface RouterFigures {
  /** Publications that came, whether or not somebody else had joined their topic. */
  readonly publications: number;
  /** Workers that were cut off because they did not read. */
  readonly cutOff: number;
  /** Topics that somebody has joined. */
  readonly topics: number;
  /** Workers that are connected. */
  readonly workers: number;
}

/** How a router behaves. */
export interface RouterOptions {
  /** Bytes that may wait for one worker. One for which more waits is cut off; it comes back when it reads again. */
  readonly maxWaitingBytes: number;
}

/** Enough for some seconds of heavy traffic to a worker that stands still. */
export const DEFAULT_ROUTER_OPTIONS: RouterOptions = { maxWaitingBytes: 64 * 1024 * 1024 };

const TOKEN_BYTES = 24;

/** Forwards publications until it is closed. */
export class Router {
  readonly #options: RouterOptions;
  readonly #listener: UnixSocketListener<RoutedWorker>;
  readonly #workers = new Set<RoutedWorker>();
  readonly #topics = new TopicTable<RoutedWorker>((one) => one instanceof RoutedWorker);
  /** By token, the node that came with it last; null when none has come yet. */
  readonly #invited = new Map<string, string | null>();
  /** Workers to which something was sent in this turn of the event loop. */
  #unflushed: RoutedWorker[] = [];
  #publications = 0;
  #cutOff = 0;

  /** Listens on the path, which must be in a folder of this user alone. @throws when that fails. */
  constructor(path: string, options: RouterOptions = DEFAULT_ROUTER_OPTIONS) {
    this.#options = options;
    this.#listener = Bun.listen<RoutedWorker>({
      unix: path,
      socket: {
        open: (socket) => this.#opened(socket),
        data: ({ data: worker }, chunk) => {
          if (!worker.isOver && !worker.reader.read(chunk)) this.#end(worker);
        },
        drain: ({ data: worker }) => worker.flush(),
        close: ({ data: worker }) => this.#end(worker),
      },
    });
  }

  get figures(): RouterFigures {
    return {
      publications: this.#publications,
      cutOff: this.#cutOff,
      topics: this.#topics.size,
      workers: this.#workers.size,
    };
  }

  /** A token with which one process can join. */
  invite(): string {
    const token = randomBytes(TOKEN_BYTES).toString("hex");
    this.#invited.set(token, null);
    return token;
  }

  /** The process with this token has ended. The others are told when everything that it sent was forwarded. */
  ended(token: string): void {
    const nodeId = this.#invited.get(token);
    this.#invited.delete(token);
    for (const worker of this.#workers) if (worker.token === token) return;
    if (typeof nodeId === "string") this.#tellGone(nodeId);
  }

  /** Ends all connections. */
  close(): void {
    this.#listener.stop(true);
  }

  #opened(socket: Socket<RoutedWorker>): void {
    const reader = new FrameReader(MAX_HELLO_BYTES, (bytes, from, to) =>
      this.#handle(worker, bytes, from, to),
    );
    const worker = new RoutedWorker(socket, reader);
    socket.data = worker;
  }

  #handle(worker: RoutedWorker, bytes: Buffer, from: number, to: number): boolean {
    const kind = bytes.readUInt8(from + LENGTH_BYTES);
    if (worker.token === "") return kind === KIND.hello && this.#letIn(worker, bytes, from, to);
    switch (kind) {
      case KIND.publication:
        return this.#forward(worker, bytes, from, to);
      case KIND.interest:
        return this.#takeInterest(worker, bytes, from, to);
      case KIND.probe:
        this.#send(worker, bytes, from, to);
        return true;
      case KIND.bye:
        this.#invited.delete(worker.token);
        return true;
      default:
        return false;
    }
  }

  #letIn(worker: RoutedWorker, bytes: Buffer, from: number, to: number): boolean {
    const hello = readHello(bytes, from, to);
    if (hello === null || !this.#invited.has(hello.token)) return false;
    // The same process again: its former connection is of no use any more, even if nobody has noticed.
    for (const former of this.#workers) if (former.token === hello.token) this.#end(former);
    worker.letIn(hello);
    worker.reader.maxBytes = MAX_FRAME_BYTES;
    this.#invited.set(hello.token, hello.nodeId);
    this.#workers.add(worker);
    worker.sendPlain(KIND.welcome, "");
    this.#flushLater(worker);
    return true;
  }

  #forward(sender: RoutedWorker, bytes: Buffer, from: number, to: number): boolean {
    if (to - from < TOPIC_AT) return false;
    const topicEnd = from + TOPIC_AT + bytes.readUInt16LE(from + HEADER_BYTES);
    if (topicEnd > to) return false;
    this.#publications++;
    const members = this.#topics.get(bytes.toString("latin1", from + TOPIC_AT, topicEnd));
    if (members === undefined) return true;
    if (members instanceof RoutedWorker) {
      if (members !== sender) this.#send(members, bytes, from, to);
      return true;
    }
    for (const member of members) if (member !== sender) this.#send(member, bytes, from, to);
    return true;
  }

  #takeInterest(worker: RoutedWorker, bytes: Buffer, from: number, to: number): boolean {
    const number = readInterest(bytes, from, to, (topic, isJoin) => {
      if (isJoin) this.#topics.add(topic, worker);
      else this.#topics.remove(topic, worker);
    });
    if (number === null) return false;
    worker.sendNumber(KIND.interested, number);
    this.#flushLater(worker);
    return true;
  }

  #send(worker: RoutedWorker, bytes: Buffer, from: number, to: number): void {
    worker.waiting.append(bytes, from, to);
    if (worker.waiting.waitingBytes > this.#options.maxWaitingBytes) {
      this.#cutOff++;
      this.#end(worker);
    } else this.#flushLater(worker);
  }

  #flushLater(worker: RoutedWorker): void {
    if (worker.isUnflushed) return;
    worker.isUnflushed = true;
    if (this.#unflushed.length === 0) setImmediate(() => this.#flush());
    this.#unflushed.push(worker);
  }

  #flush(): void {
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    for (const worker of unflushed) {
      worker.isUnflushed = false;
      worker.flush();
    }
  }

  /** Ends a connection. Its process may live and come back, so the others are told only if it is known to have ended. */
  #end(worker: RoutedWorker): void {
    if (worker.isOver) return;
    worker.end();
    if (!this.#workers.delete(worker)) return;
    this.#topics.removeAll(worker);
    if (!this.#invited.has(worker.token)) this.#tellGone(worker.nodeId);
  }

  #tellGone(nodeId: string): void {
    for (const worker of this.#workers) {
      worker.sendPlain(KIND.gone, nodeId);
      this.#flushLater(worker);
    }
  }
}
