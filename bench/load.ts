// The load on a server: one C process holds the subscribers, another sends publishes. Both only
// count and time; the benches evaluate the counts.

import { closeSync, openSync, writeSync } from "node:fs";
import type { Histogram } from "./histogram.ts";
import { Conversation } from "./lines.ts";
import { SOCKET_PATH } from "./sign.ts";
import type { Workshop } from "./workshop.ts";

/** Maximum sockets of one process; system limits of 20,000 open files are common. */
export const MOST_SUBSCRIBERS = 15_000;

/** How many subscribers there are, on which channels, and how they connect. */
export interface SubscriberOptions {
  readonly port: number;
  /** Maximum number of open sockets. */
  readonly most: number;
  /** Number of channels "bench-0", "bench-1", ... over which the sockets are spread; 0: they do not subscribe. */
  readonly channelCount: number;
  /** Connects under way at once. */
  readonly parallelCount: number;
}

/** The result of opening sockets. `seconds` is the time from the command until the last one was ready. */
export interface Opened {
  readonly ready: number;
  readonly dead: number;
  readonly errors: number;
  readonly seconds: number;
  readonly latency: Histogram;
}

/** Pairs of frame bytes, headers included, and their count, in ascending order. */
export type Sizes = readonly (readonly [bytes: number, count: number])[];

/** The deliveries since the last reset. */
export interface Deliveries {
  readonly deliveries: number;
  /** Bytes of the frames, headers included. */
  readonly bytes: number;
  /** Deliveries that were deltas, and how many of these were binary. */
  readonly deltas: number;
  readonly binaries: number;
  readonly deltaSizes: Sizes;
  readonly unstamped: number;
  readonly errors: number;
  readonly dead: number;
  /** Time from when an event was due until a subscriber had it. */
  readonly latency: Histogram;
  /** For each event, microseconds until the last subscriber had it. */
  readonly lasts: readonly number[];
}

/** Subscribers held by one C process. */
export class Subscribers {
  readonly #conversation: Conversation;
  #count = 0;

  constructor(workshop: Workshop, program: string, options: SubscriberOptions) {
    const { port, most, channelCount, parallelCount } = options;
    const numbers = [most, channelCount, parallelCount, Math.ceil(most / 5000)];
    const command = [program, String(port), SOCKET_PATH, ...numbers.map(String)];
    this.#conversation = new Conversation(workshop.startWorker(command, workshop.loadCore));
  }

  get pid(): number {
    return this.#conversation.pid;
  }

  /** Number of sockets opened so far. */
  get count(): number {
    return this.#count;
  }

  /** Opens `count` more sockets and waits until all are ready.
   *
   * @throws if not all become ready within a minute. */
  async open(count: number): Promise<Opened> {
    this.#conversation.send(`open ${count}`);
    const opened = await this.#conversation.answer<Opened>(70_000);
    this.#count += count;
    if (isComplete(opened, this.#count)) return opened;
    throw new Error(
      `Cannot open "${count}" subscribers: ${opened.ready} are ready, ${opened.dead} dead, ${opened.errors} had errors; all must be ready`,
    );
  }

  /** Moves all sockets to one channel and waits until they are subscribed. They must have been opened without channels.
   * `members` are further members of the frame, for example `,"delta":"fossil"`; "{n}" in them becomes the
   * subscriber's number modulo 100.
   *
   * @throws if not all are subscribed within a minute. */
  async move(channel: string, members: string): Promise<Opened> {
    this.#conversation.send(`move ${channel} ${members}`);
    const moved = await this.#conversation.answer<Opened>(70_000);
    if (isComplete(moved, this.#count)) return moved;
    throw new Error(
      `Cannot move the subscribers to "${channel}": ${moved.ready} are ready, ${moved.dead} dead, ${moved.errors} had errors; all must be ready`,
    );
  }

  /** Forgets the deliveries so far. */
  async reset(): Promise<void> {
    this.#conversation.send("reset");
    await this.#conversation.answer(10_000);
  }

  /** Waits until `expected` deliveries are counted, at most `limitMs`. Returns their number. */
  async waitFor(expected: number, limitMs: number): Promise<number> {
    for (const end = performance.now() + limitMs; ; await Bun.sleep(20)) {
      this.#conversation.send("count");
      const { deliveries } = await this.#conversation.answer<{ deliveries: number }>(10_000);
      if (deliveries >= expected || performance.now() > end) return deliveries;
    }
  }

  /** Everything counted since the last reset. */
  async report(): Promise<Deliveries> {
    this.#conversation.send("report");
    return await this.#conversation.answer<Deliveries>(10_000);
  }

  /** Closes all sockets with a Close frame and returns the seconds it took.
   *
   * @throws if some are still open after twenty seconds. */
  async closeAll(): Promise<number> {
    this.#conversation.send("close");
    const { left, seconds } = await this.#conversation.answer<{ left: number; seconds: number }>(
      30_000,
    );
    this.#count = 0;
    if (left > 0) throw new Error(`Cannot close all subscribers: "${left}" are left, none must be`);
    return seconds;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#conversation.close();
  }
}

function isComplete({ ready, dead, errors }: Opened, count: number): boolean {
  return dead === 0 && errors === 0 && ready === count;
}

/** The requests to send, and their rate. */
export interface RequestOptions {
  readonly port: number;
  readonly connectionCount: number;
  /** Without it each connection sends its next request as soon as the last one is answered. */
  readonly schedule?: { readonly startUs: number; readonly ratePerSecond: number };
}

/** The result of sending. */
export interface Answered {
  readonly ok: number;
  readonly bad: number;
  readonly seconds: number;
  /** CPU time of the sending program. */
  readonly cpuUs: number;
  /** The longest time that a request was late, because no connection was free or the sender was busy. */
  readonly latestUs: number;
  readonly latency: Histogram;
}

/** Writes the requests into one file, in the format that bench/requests.c reads. */
export function writeRequests(path: string, texts: Iterable<string>): void {
  const file = openSync(path, "w");
  for (const text of texts) {
    const record = Buffer.alloc(4 + Buffer.byteLength(text));
    record.writeUInt32LE(record.length - 4);
    record.write(text, 4);
    writeSync(file, record);
  }
  closeSync(file);
}

/** Sends the requests of a file and waits for all answers.
 *
 * @throws if an answer is not 200. */
export async function sendRequests(
  workshop: Workshop,
  program: string,
  file: string,
  options: RequestOptions,
): Promise<Answered> {
  const { port, connectionCount, schedule } = options;
  const times = schedule === undefined ? [] : [schedule.startUs, schedule.ratePerSecond];
  const command = [program, String(port), file, String(connectionCount), ...times.map(String)];
  const conversation = new Conversation(workshop.startWorker(command, workshop.loadCore));
  const answered = await conversation.answer<Answered>(300_000);
  await conversation.close();
  if (answered.bad === 0) return answered;
  throw new Error(`Cannot publish: "${answered.bad}" answers were not 200, all must be`);
}
