// The load on a server: subscribers held by one C process, and publishes sent by another. Both only
// count and time; what the counts mean is the benches' affair.

import { closeSync, openSync, writeSync } from "node:fs";
import type { Histogram } from "./histogram.ts";
import { Conversation } from "./lines.ts";
import { SOCKET_PATH } from "./sign.ts";
import type { Workshop } from "./workshop.ts";

/** Most sockets of one process; system limits of 20,000 open files are common. */
export const MOST_SUBSCRIBERS = 15_000;

/** How many subscribers, of what, and how they come. */
export interface SubscriberOptions {
  readonly port: number;
  /** Most that will ever be open at once. */
  readonly most: number;
  /** Channels "bench-0", "bench-1", ... over which they are spread; 0: they do not subscribe. */
  readonly channelCount: number;
  /** Connections that are being made at once. */
  readonly parallelCount: number;
}

/** What opening gave. `seconds` runs from the command to the last that became ready. */
export interface Opened {
  readonly ready: number;
  readonly dead: number;
  readonly errors: number;
  readonly seconds: number;
  readonly latency: Histogram;
}

/** Counts of frames: pairs of their bytes, heads included, and how often, ascending. */
export type Sizes = readonly (readonly [bytes: number, count: number])[];

/** What was delivered since the last reset. */
export interface Deliveries {
  readonly deliveries: number;
  /** Bytes of those frames, heads included. */
  readonly bytes: number;
  /** Those that were deltas, and of these the binary ones. */
  readonly deltas: number;
  readonly binaries: number;
  readonly deltaSizes: Sizes;
  readonly unstamped: number;
  readonly errors: number;
  readonly dead: number;
  /** From the time an event was due until a subscriber had it. */
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

  /** How many have been opened. */
  get count(): number {
    return this.#count;
  }

  /** Opens `count` more and waits until all are ready.
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

  /** Moves all to one channel and waits until they are subscribed. They must have been opened without channels.
   * `members` is what the frame says besides, for example `,"delta":"fossil"`; "{n}" in it becomes the
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

  /** Waits until `expected` deliveries are counted, at most `limitMs`; returns how many there are. */
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

/** Requests to send, and when. */
export interface RequestOptions {
  readonly port: number;
  readonly connectionCount: number;
  /** Without it each connection sends as fast as it is answered. */
  readonly schedule?: { readonly startUs: number; readonly ratePerSecond: number };
}

/** What sending gave. */
export interface Answered {
  readonly ok: number;
  readonly bad: number;
  readonly seconds: number;
  /** Processor time of the sending program itself. */
  readonly cpuUs: number;
  /** How long the request that waited longest for a free connection or for its sender waited. */
  readonly latestUs: number;
  readonly latency: Histogram;
}

/** Writes the texts into one file, in the form that bench/requests.c reads. */
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

/** Sends the requests of a file and waits for all the answers.
 *
 * @throws if one is not answered with 200. */
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
