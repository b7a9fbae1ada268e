import { describe, expect, test } from "bun:test";
import {
  DEFAULT_QUEUE_LIMITS,
  MemoryQueue,
  type MemoryQueueLimits,
} from "../../../src/queue/memory.ts";
import type { Attempt, Job, Verdict, Worker } from "../../../src/queue/queue.ts";
import { FakeClock, settle } from "./fake-clock.ts";

const DONE: Verdict = { keep: false, pauseMs: 0 };

/** Keeps what it is asked to do, and waits with each verdict until the test says it. */
class Manual implements Worker<string> {
  readonly log: string[] = [];
  readonly lost: string[] = [];
  readonly attempts: Attempt<string>[] = [];
  readonly #open: Map<string, (verdict: Verdict) => void> = new Map();

  work(attempt: Attempt<string>): Promise<Verdict> {
    const { id } = attempt.job;
    this.log.push(`${id}#${attempt.number}`);
    this.attempts.push(attempt);
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    this.#open.set(id, resolve);
    return promise;
  }

  dropped({ id }: Job<string>): void {
    this.lost.push(id);
  }

  async end(id: string, verdict: Verdict = DONE): Promise<void> {
    this.#open.get(id)?.(verdict);
    this.#open.delete(id);
    await settle();
  }

  take(): readonly string[] {
    return this.log.splice(0);
  }
}

function setUp(limits: Partial<MemoryQueueLimits> = {}) {
  const clock = new FakeClock();
  const queue = new MemoryQueue<string>(clock, { ...DEFAULT_QUEUE_LIMITS, ...limits });
  const worker = new Manual();
  queue.start(worker);
  return { clock, queue, worker };
}

/** `a1` is the first job of lane `a`. */
function job(id: string, sizeBytes = 1): Job<string> {
  return { id, lane: id[0] ?? "", madeMs: 0, sizeBytes, payload: id };
}

describe("MemoryQueue", () => {
  test("does one job of a lane at a time, in order, and lanes side by side", async () => {
    const { queue, worker } = setUp();
    for (const id of ["a1", "a2", "b1", "a3"]) queue.enqueue(job(id));
    expect(worker.log).toEqual([]);
    await settle();
    expect(worker.take()).toEqual(["a1#1", "b1#1"]);
    expect([queue.depth, queue.inFlight]).toEqual([4, 2]);
    await worker.end("a1");
    expect(worker.take()).toEqual(["a2#1"]);
    await worker.end("b1");
    await worker.end("a2");
    expect(worker.take()).toEqual(["a3#1"]);
    await worker.end("a3");
    expect([queue.depth, queue.inFlight]).toEqual([0, 0]);
  });

  test("keeps a job at the head of its lane and counts its attempts", async () => {
    const { clock, queue, worker } = setUp();
    for (const id of ["a1", "a2"]) queue.enqueue(job(id));
    await settle();
    await worker.end("a1", { keep: true, pauseMs: 100 });
    await clock.advance(99);
    expect(worker.take()).toEqual(["a1#1"]);
    await clock.advance(1);
    expect(worker.take()).toEqual(["a1#2"]);
    await worker.end("a1", { keep: true, pauseMs: 0 });
    expect(worker.take()).toEqual(["a1#3"]);
    await worker.end("a1");
    expect(worker.take()).toEqual(["a2#1"]);
  });

  test("lets a lane rest also when its job is gone, and for jobs that come meanwhile", async () => {
    const { clock, queue, worker } = setUp();
    queue.enqueue(job("a1"));
    await settle();
    await worker.end("a1", { keep: false, pauseMs: 100 });
    expect(queue.depth).toBe(0);
    await clock.advance(50);
    queue.enqueue(job("a2"));
    queue.enqueue(job("b1"));
    await clock.advance(49);
    expect(worker.take()).toEqual(["a1#1", "b1#1"]);
    await clock.advance(1);
    expect(worker.take()).toEqual(["a2#1"]);
  });

  test("forgets a lane that has nothing to do", async () => {
    const { clock, queue, worker } = setUp();
    queue.enqueue(job("a1"));
    await settle();
    await worker.end("a1", { keep: false, pauseMs: 100 });
    await clock.advance(100);
    queue.enqueue(job("a2"));
    await settle();
    expect(worker.take()).toEqual(["a1#1", "a2#1"]);
    expect(clock.timerCount).toBe(0);
  });

  test("makes no more attempts at once than it may; a lane that rests takes no place", async () => {
    const { queue, worker } = setUp({ maxInFlight: 2 });
    for (const id of ["a1", "b1", "c1", "d1"]) queue.enqueue(job(id));
    await settle();
    expect(worker.take()).toEqual(["a1#1", "b1#1"]);
    await worker.end("a1", { keep: true, pauseMs: 60_000 });
    expect(worker.take()).toEqual(["c1#1"]);
    await worker.end("b1", { keep: true, pauseMs: 60_000 });
    expect(worker.take()).toEqual(["d1#1"]);
    expect(queue.depth).toBe(4);
  });

  test("drops the oldest that waits when a lane is full, and never the head", async () => {
    const { queue, worker } = setUp({ maxWaiting: 2 });
    queue.enqueue(job("a1"));
    await settle();
    for (const id of ["a2", "a3", "a4", "a5", "b1"]) queue.enqueue(job(id));
    expect(worker.lost).toEqual(["a2", "a3"]);
    expect(queue.depth).toBe(4);
    for (const id of ["a1", "a4", "a5"]) await worker.end(id);
    expect(worker.take()).toEqual(["a1#1", "b1#1", "a4#1", "a5#1"]);
  });

  test("bounds the bytes of a lane, but keeps the newest job whatever its size", async () => {
    const { queue, worker } = setUp({ maxWaitingBytes: 100 });
    queue.enqueue(job("a1", 500));
    await settle();
    queue.enqueue(job("a2", 60));
    queue.enqueue(job("a3", 40));
    expect(worker.lost).toEqual([]);
    queue.enqueue(job("a4", 1));
    expect(worker.lost).toEqual(["a2"]);
    queue.enqueue(job("a5", 200));
    expect(worker.lost).toEqual(["a2", "a3", "a4"]);
    queue.enqueue(job("a6", 100));
    expect(worker.lost).toEqual(["a2", "a3", "a4", "a5"]);
    expect(queue.depth).toBe(2);
  });

  test("a lane that may hold nothing is not stuck", async () => {
    const { queue, worker } = setUp({ maxWaiting: 0 });
    queue.enqueue(job("a1"));
    await settle();
    queue.enqueue(job("a2"));
    await settle();
    expect([worker.lost, queue.depth]).toEqual([["a1", "a2"], 0]);
  });

  test("holds what comes before the worker", async () => {
    const queue = new MemoryQueue<string>(new FakeClock());
    const worker = new Manual();
    queue.enqueue(job("a1"));
    await settle();
    queue.start(worker);
    await settle();
    expect(worker.take()).toEqual(["a1#1"]);
  });

  test("drain() answers at once when there is nothing", async () => {
    const { clock, queue } = setUp();
    expect(await queue.drain(1000)).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  test("drain() tries at once what rests, goes on, and takes nothing more", async () => {
    const { clock, queue, worker } = setUp();
    for (const id of ["a1", "a2"]) queue.enqueue(job(id));
    await settle();
    await worker.end("a1", { keep: true, pauseMs: 60_000 });
    const drained = queue.drain(1000);
    queue.enqueue(job("a3"));
    await settle();
    expect(worker.lost).toEqual(["a3"]);
    expect(worker.take()).toEqual(["a1#1", "a1#2"]);
    await worker.end("a1");
    await worker.end("a2");
    expect(await drained).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  test("drain() gives up when the time is over, aborts what is under way and ignores its verdict", async () => {
    const { clock, queue, worker } = setUp();
    for (const id of ["a1", "a2", "b1", "c1"]) queue.enqueue(job(id));
    await settle();
    await worker.end("b1", { keep: true, pauseMs: 10 });
    const drained = queue.drain(1000);
    await settle();
    await worker.end("c1");
    await worker.end("b1", { keep: true, pauseMs: 5000 });
    await clock.advance(1000);
    expect(await drained).toBe(3);
    expect(worker.attempts.map(({ job: { id }, stopped }) => `${id} ${stopped.aborted}`)).toContain(
      "a1 true",
    );
    worker.take();
    await worker.end("a1");
    await clock.advance(60_000);
    expect(worker.take()).toEqual([]);
    expect([queue.depth, queue.inFlight, clock.timerCount]).toEqual([0, 0, 0]);
  });
});
