// A queue in the memory of this process. It is bounded, and what it holds is lost when the process
// dies: `drain` first.
//
// Each lane has a head, which is tried until the worker lets it go, and others that wait behind it.
// A lane that rests takes no place among the attempts of other lanes.
import type { Clock } from "./clock.ts";
import { Fifo } from "./fifo.ts";
import type { Job, Queue, Verdict, Worker } from "./queue.ts";

/** How much a memory queue holds and does. */
export interface MemoryQueueLimits {
  /** Jobs of one lane that wait behind its head. One more drops the oldest of them, because the newest say what holds now. */
  readonly maxWaiting: number;
  /** Their size in bytes, by the jobs' own account. The newest is kept whatever its size. */
  readonly maxWaitingBytes: number;
  /** Attempts at once, of all lanes together. Bun's fetch makes 256 requests at once and lets more wait. */
  readonly maxInFlight: number;
}

/** 10,000 jobs and 16 MiB a lane, 200 attempts at once. */
export const DEFAULT_QUEUE_LIMITS: MemoryQueueLimits = {
  maxWaiting: 10_000,
  maxWaitingBytes: 16 * 1024 * 1024,
  maxInFlight: 200,
};

interface Lane<Payload> {
  readonly name: string;
  readonly waiting: Fifo<Job<Payload>>;
  waitingBytes: number;
  head: Job<Payload> | null;
  /** Attempts of the head so far. */
  attempts: number;
  /** Ends the rest, while it lasts. */
  cancelRest: (() => void) | null;
}

/** The queue. */
export class MemoryQueue<Payload> implements Queue<Payload> {
  readonly #clock: Clock;
  readonly #limits: MemoryQueueLimits;
  /** Lanes that have jobs or rest. */
  readonly #lanes: Map<string, Lane<Payload>> = new Map();
  /** Lanes that may be tried, in the order in which they became so. */
  readonly #ready: Fifo<Lane<Payload>> = new Fifo();
  readonly #attempts: Set<AbortController> = new Set();
  #worker: Worker<Payload> | null = null;
  #depth = 0;
  #state: "open" | "draining" | "stopped" = "open";
  #pumpDue = false;
  #onEmpty: (() => void) | null = null;

  constructor(clock: Clock, limits: MemoryQueueLimits = DEFAULT_QUEUE_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get depth(): number {
    return this.#depth;
  }

  get inFlight(): number {
    return this.#attempts.size;
  }

  start(worker: Worker<Payload>): void {
    this.#worker = worker;
    this.#pumpSoon();
  }

  enqueue(job: Job<Payload>): void {
    if (this.#state !== "open") return this.#worker?.dropped(job);
    const lane = this.#lanes.get(job.lane) ?? this.#addLane(job.lane);
    lane.waiting.push(job);
    lane.waitingBytes += job.sizeBytes;
    this.#depth++;
    this.#trim(lane);
  }

  async drain(withinMs: number): Promise<number> {
    this.#state = "draining";
    for (const lane of this.#lanes.values()) this.#wake(lane);
    if (this.#depth > 0) await this.#emptyOr(withinMs);
    this.#state = "stopped";
    for (const attempt of this.#attempts) attempt.abort();
    for (const lane of this.#lanes.values()) lane.cancelRest?.();
    this.#lanes.clear();
    const left = this.#depth;
    this.#depth = 0;
    return left;
  }

  #emptyOr(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(withinMs, resolve);
    this.#onEmpty = () => {
      cancel();
      resolve();
    };
    return promise;
  }

  #addLane(name: string): Lane<Payload> {
    const lane: Lane<Payload> = {
      name,
      waiting: new Fifo(),
      waitingBytes: 0,
      head: null,
      attempts: 0,
      cancelRest: null,
    };
    this.#lanes.set(name, lane);
    this.#makeReady(lane);
    return lane;
  }

  #makeReady(lane: Lane<Payload>): void {
    this.#ready.push(lane);
    this.#pumpSoon();
  }

  /** Not at once: who enqueues must not wait while an attempt gets under way. */
  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    queueMicrotask(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    const worker = this.#worker;
    if (worker === null) return;
    while (this.#attempts.size < this.#limits.maxInFlight) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      lane.head ??= this.#next(lane);
      if (lane.head === null) this.#lanes.delete(lane.name);
      else void this.#try(worker, lane, lane.head);
    }
  }

  async #try(worker: Worker<Payload>, lane: Lane<Payload>, job: Job<Payload>): Promise<void> {
    const attempt = new AbortController();
    this.#attempts.add(attempt);
    lane.attempts++;
    const verdict = await worker.work({ job, number: lane.attempts, stopped: attempt.signal });
    this.#attempts.delete(attempt);
    if (this.#state === "stopped") return;
    this.#settle(lane, verdict);
    this.#pumpSoon();
  }

  #settle(lane: Lane<Payload>, { keep, pauseMs }: Verdict): void {
    if (!keep) {
      lane.head = null;
      lane.attempts = 0;
      this.#depth--;
    }
    if (this.#depth === 0) this.#onEmpty?.();
    if (pauseMs <= 0) return this.#goOn(lane);
    lane.cancelRest = this.#clock.after(pauseMs, () => {
      lane.cancelRest = null;
      this.#goOn(lane);
    });
  }

  #goOn(lane: Lane<Payload>): void {
    if (lane.head !== null || lane.waiting.length > 0) return this.#makeReady(lane);
    this.#lanes.delete(lane.name);
  }

  #wake(lane: Lane<Payload>): void {
    if (lane.cancelRest === null) return;
    lane.cancelRest();
    lane.cancelRest = null;
    this.#goOn(lane);
  }

  #next(lane: Lane<Payload>): Job<Payload> | null {
    const job = lane.waiting.shift();
    if (job === undefined) return null;
    lane.waitingBytes -= job.sizeBytes;
    return job;
  }

  /** The head is never dropped, so that what is being tried keeps its time. */
  #trim(lane: Lane<Payload>): void {
    const { maxWaiting, maxWaitingBytes } = this.#limits;
    while (
      lane.waiting.length > maxWaiting ||
      (lane.waitingBytes > maxWaitingBytes && lane.waiting.length > 1)
    ) {
      const job = this.#next(lane);
      if (job === null) return;
      this.#depth--;
      this.#worker?.dropped(job);
    }
  }
}
