// The port of job queues: work that is done later, is repeated when it fails, and keeps its order where
// order matters. A backend stores and runs the jobs; the worker decides what a failure means.
//
// The invariant: each lane works on one job at a time, the oldest first. Lanes do not wait for one
// another. A lane corresponds to a list with a lock in Redis, and to a message group in SQS. Bounding
// the number of jobs is up to their producer.

/** A piece of work. Plain JSON data without functions or secrets, so that a durable backend can store it. */
export interface Job<Payload> {
  /** Unique; the same each time the job is tried. */
  readonly id: string;
  /** Jobs of one lane are done in the order in which they were enqueued. */
  readonly lane: string;
  /** When the job was made, in milliseconds since the epoch. */
  readonly madeMs: number;
  readonly payload: Payload;
}

/** One attempt at a job. */
export interface Attempt<Payload> {
  readonly job: Job<Payload>;
  /** Counted from 1. */
  readonly number: number;
  /** Aborted when the queue stops. The verdict is ignored then. */
  readonly stopped: AbortSignal;
}

/** What happens to a job and its lane after an attempt. */
export interface Verdict {
  /** Whether the job stays at the head of its lane, to be tried again. If not, the queue removes it. */
  readonly keep: boolean;
  /** How long the lane pauses before its next attempt, whether at this job or at the next one. */
  readonly pauseMs: number;
}

/** Does the work. */
export interface Worker<Payload> {
  /** Attempts a job. Never rejects: a failure is a verdict. A durable backend may repeat a job that has succeeded. */
  work(attempt: Attempt<Payload>): Promise<Verdict>;
  /** Called for a job that the queue discards without an attempt, because it is full or has stopped. */
  dropped(job: Job<Payload>): void;
}

/** A queue. */
export interface Queue<Payload> {
  /** Jobs that are not done, including those that are being attempted. */
  readonly depth: number;
  /** Jobs that are being attempted. */
  readonly inFlight: number;
  /** Starts working. Called once, before the first `enqueue`. */
  start(worker: Worker<Payload>): void;
  /** Adds a job and returns at once, before any attempt. Never throws: a job that cannot be added is passed to the worker's `dropped`. */
  enqueue(job: Job<Payload>): void;
  /** Ends a lane's pause. If the lane is in an attempt, the pause of that attempt's verdict is skipped. */
  wake(lane: string): void;
  /**
   * Stops: accepts no more jobs and aborts the attempts that are under way. Returns how many jobs are lost
   * by that, which is 0 for a durable backend.
   */
  stop(): Promise<number>;
}
