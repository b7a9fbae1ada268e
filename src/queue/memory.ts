// A queue in the memory of this process. Its jobs are lost when the process stops.
//
// Each lane has a head, which is tried until the worker is done with it, and jobs queued behind the
// head. A paused lane does not count towards the limit of attempts at the same time.
import type { Clock } from "./clock.ts";
import { Fifo } from "./fifo.ts";
import type { Job, Queue, Verdict, Worker } from "./queue.ts";

/** The most attempts at the same time, in all lanes together. It stays below 256, from where on Bun's fetch queues requests itself. */
export const MAX_IN_FLIGHT = 200;

interface Lane<Payload> {
  readonly name: string;
  /** The jobs behind the head. */
  readonly queued: Fifo<Job<Payload>>;
  head: Job<Payload> | null;
  /** Attempts at the head so far. */
  attempts: number;
  /** Cancels the lane's pause; null while there is none. */
  cancelPause: (() => void) | null;
  /** Whether the lane was woken during the head's attempt, so that no pause follows. */
  woken: boolean;
}

/** The queue. Each lane has at most one attempt at a time. */
export class MemoryQueue<Payload> implements Queue<Payload> {
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  /** Lanes that have jobs or are paused. */
  readonly #lanes: Map<string, Lane<Payload>> = new Map();
  /** Lanes that may be tried, in the order in which they became ready. */
  readonly #ready: Fifo<Lane<Payload>> = new Fifo();
  readonly #attempts: Set<AbortController> = new Set();
  #worker: Worker<Payload> | null = null;
  #depth = 0;
  #stopped = false;
  #pumpDue = false;

  constructor(clock: Clock, maxInFlight: number = MAX_IN_FLIGHT) {
    this.#clock = clock;
    this.#maxInFlight = maxInFlight;
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
    if (this.#stopped) return this.#worker?.dropped(job);
    const lane = this.#lanes.get(job.lane) ?? this.#addLane(job.lane);
    lane.queued.push(job);
    this.#depth++;
  }

  wake(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    lane.woken = true;
    if (lane.cancelPause === null) return;
    lane.cancelPause();
    lane.cancelPause = null;
    this.#resume(lane);
  }

  async stop(): Promise<number> {
    this.#stopped = true;
    for (const attempt of this.#attempts) attempt.abort();
    for (const lane of this.#lanes.values()) lane.cancelPause?.();
    this.#lanes.clear();
    const left = this.#depth;
    this.#depth = 0;
    return left;
  }

  #addLane(name: string): Lane<Payload> {
    const lane: Lane<Payload> = {
      name,
      queued: new Fifo(),
      head: null,
      attempts: 0,
      cancelPause: null,
      woken: false,
    };
    this.#lanes.set(name, lane);
    this.#makeReady(lane);
    return lane;
  }

  #makeReady(lane: Lane<Payload>): void {
    this.#ready.push(lane);
    this.#pumpSoon();
  }

  /** Starts attempts after the current step, so that `enqueue` returns without the cost of starting one. */
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
    if (worker === null || this.#stopped) return;
    while (this.#attempts.size < this.#maxInFlight) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      lane.head ??= lane.queued.shift() ?? null;
      if (lane.head === null) this.#lanes.delete(lane.name);
      else void this.#try(worker, lane, lane.head);
    }
  }

  async #try(worker: Worker<Payload>, lane: Lane<Payload>, job: Job<Payload>): Promise<void> {
    const attempt = new AbortController();
    this.#attempts.add(attempt);
    lane.attempts++;
    lane.woken = false;
    const verdict = await worker.work({ job, number: lane.attempts, stopped: attempt.signal });
    this.#attempts.delete(attempt);
    if (this.#stopped) return;
    this.#settle(lane, verdict);
    this.#pumpSoon();
  }

  #settle(lane: Lane<Payload>, { keep, pauseMs }: Verdict): void {
    if (!keep) {
      lane.head = null;
      lane.attempts = 0;
      this.#depth--;
    }
    if (pauseMs <= 0 || lane.woken) return this.#resume(lane);
    lane.cancelPause = this.#clock.after(pauseMs, () => {
      lane.cancelPause = null;
      this.#resume(lane);
    });
  }

  #resume(lane: Lane<Payload>): void {
    if (lane.head !== null || lane.queued.length > 0) return this.#makeReady(lane);
    this.#lanes.delete(lane.name);
  }
}
