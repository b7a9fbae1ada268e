import { describe, expect, test } from "bun:test";
import { MAX_IN_FLIGHT, MemoryQueue } from "../../../src/queue/memory.ts";
import type { Attempt, Job, Verdict, Worker } from "../../../src/queue/queue.ts";
import { FakeClock, settle } from "./fake-clock.ts";

const DONE: Verdict = { keep: false, pauseMs: 0 };

/** Records its attempts, and returns each verdict when the test says so. */
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

function setUp(maxInFlight: number = MAX_IN_FLIGHT) {
  const clock = new FakeClock();
  const queue = new MemoryQueue<string>(clock, maxInFlight);
  const worker = new Manual();
  queue.start(worker);
  return { clock, queue, worker };
}

/** `a1` is the first job of lane `a`. */
function job(id: string): Job<string> {
  return { id, lane: id[0] ?? "", madeMs: 0, payload: id };
}

describe("MemoryQueue", () => {
  test("runs one job of a lane at a time, in order, and lanes in parallel", async () => {
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

  test("pauses a lane even when its job is done, and for jobs that are added meanwhile", async () => {
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

  test("forgets an empty lane", async () => {
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

  test("limits concurrent attempts, and does not count paused lanes", async () => {
    const { queue, worker } = setUp(2);
    for (const id of ["a1", "b1", "c1", "d1"]) queue.enqueue(job(id));
    await settle();
    expect(worker.take()).toEqual(["a1#1", "b1#1"]);
    await worker.end("a1", { keep: true, pauseMs: 60_000 });
    expect(worker.take()).toEqual(["c1#1"]);
    await worker.end("b1", { keep: true, pauseMs: 60_000 });
    expect(worker.take()).toEqual(["d1#1"]);
    expect(queue.depth).toBe(4);
  });

  test("keeps jobs that are added before the worker", async () => {
    const queue = new MemoryQueue<string>(new FakeClock());
    const worker = new Manual();
    queue.enqueue(job("a1"));
    await settle();
    queue.start(worker);
    await settle();
    expect(worker.take()).toEqual(["a1#1"]);
  });

  test("wake() ends the pause of one lane", async () => {
    const { clock, queue, worker } = setUp();
    for (const id of ["a1", "b1"]) queue.enqueue(job(id));
    await settle();
    for (const id of ["a1", "b1"]) await worker.end(id, { keep: true, pauseMs: 100 });
    worker.take();
    queue.wake("a");
    queue.wake("nobody");
    await settle();
    expect(worker.take()).toEqual(["a1#2"]);
    await clock.advance(100);
    expect(worker.take()).toEqual(["b1#2"]);
  });

  test("wake() during an attempt skips only the pause after that attempt", async () => {
    const { queue, worker } = setUp();
    queue.enqueue(job("a1"));
    await settle();
    queue.wake("a");
    await worker.end("a1", { keep: true, pauseMs: 100 });
    expect(worker.take()).toEqual(["a1#1", "a1#2"]);
    await worker.end("a1", { keep: true, pauseMs: 100 });
    expect(worker.take()).toEqual([]);
  });

  test("stop() returns at once when the queue is empty", async () => {
    const { clock, queue } = setUp();
    expect(await queue.stop()).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  test("stop() aborts running attempts, ignores their verdicts, and accepts no more jobs", async () => {
    const { clock, queue, worker } = setUp();
    for (const id of ["a1", "a2", "b1", "c1"]) queue.enqueue(job(id));
    await settle();
    await worker.end("b1", { keep: true, pauseMs: 10 });
    await worker.end("c1");
    expect(await queue.stop()).toBe(3);
    expect(worker.attempts.map(({ job: { id }, stopped }) => `${id} ${stopped.aborted}`)).toContain(
      "a1 true",
    );
    worker.take();
    queue.enqueue(job("a3"));
    expect(worker.lost).toEqual(["a3"]);
    await worker.end("a1");
    await clock.advance(60_000);
    expect(worker.take()).toEqual([]);
    expect([queue.depth, queue.inFlight, clock.timerCount]).toEqual([0, 0, 0]);
  });
});
