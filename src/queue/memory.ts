// A queue in the memory of this process. What it holds is lost when it stops.
//
// Each lane has a head, which is tried until the worker lets it go, and others that wait behind it.
// A lane that rests takes no place among the attempts of other lanes.
import type { Clock } from "./clock.ts";
import { Fifo } from "./fifo.ts";
import type { Job, Queue, Verdict, Worker } from "./queue.ts";

/** How many attempts it makes at once, of all lanes together. Bun's fetch makes 256 requests at once and lets more wait. */
export const MAX_IN_FLIGHT = 200;

interface Lane<Payload> {
  readonly name: string;
  readonly waiting: Fifo<Job<Payload>>;
  head: Job<Payload> | null;
  /** Attempts of the head so far. */
  attempts: number;
  /** Ends the rest, while it lasts. */
  cancelRest: (() => void) | null;
  /** Whether the head's attempt is followed by no rest. */
  woken: boolean;
}

/** The queue. */
export class MemoryQueue<Payload> implements Queue<Payload> {
  readonly #clock: Clock;
  readonly #maxInFlight: number;
  /** Lanes that have jobs or rest. */
  readonly #lanes: Map<string, Lane<Payload>> = new Map();
  /** Lanes that may be tried, in the order in which they became so. */
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
    lane.waiting.push(job);
    this.#depth++;
  }

  wake(name: string): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    lane.woken = true;
    if (lane.cancelRest === null) return;
    lane.cancelRest();
    lane.cancelRest = null;
    this.#goOn(lane);
  }

  async stop(): Promise<number> {
    this.#stopped = true;
    for (const attempt of this.#attempts) attempt.abort();
    for (const lane of this.#lanes.values()) lane.cancelRest?.();
    this.#lanes.clear();
    const left = this.#depth;
    this.#depth = 0;
    return left;
  }

  #addLane(name: string): Lane<Payload> {
    const lane: Lane<Payload> = {
      name,
      waiting: new Fifo(),
      head: null,
      attempts: 0,
      cancelRest: null,
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
    if (worker === null || this.#stopped) return;
    while (this.#attempts.size < this.#maxInFlight) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      lane.head ??= lane.waiting.shift() ?? null;
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
    if (pauseMs <= 0 || lane.woken) return this.#goOn(lane);
    lane.cancelRest = this.#clock.after(pauseMs, () => {
      lane.cancelRest = null;
      this.#goOn(lane);
    });
  }

  #goOn(lane: Lane<Payload>): void {
    if (lane.head !== null || lane.waiting.length > 0) return this.#makeReady(lane);
    this.#lanes.delete(lane.name);
  }
}
