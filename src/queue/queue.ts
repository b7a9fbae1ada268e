// The port of job queues: work that is done later, again when it fails, and in order where order
// matters. A backend keeps the jobs and runs them; what a failure means is the worker's to say.
//
// The invariant: of one lane one job is worked on at a time, the oldest first. Lanes do not wait
// for one another. A lane fits a list with a lock in Redis and a message group in SQS. How many jobs
// wait is bounded by who makes them.

/** A piece of work. Plain JSON data, so that a durable backend can hold it: no functions, no secrets. */
export interface Job<Payload> {
  /** Unique; the same each time the job is tried. */
  readonly id: string;
  /** Jobs of one lane are done in the order in which they came. */
  readonly lane: string;
  /** When the job was made, in milliseconds since the epoch. */
  readonly madeMs: number;
  readonly payload: Payload;
}

/** One try of a job. */
export interface Attempt<Payload> {
  readonly job: Job<Payload>;
  /** 1 the first time. */
  readonly number: number;
  /** Aborted when the queue stops. The verdict does not count any more then. */
  readonly stopped: AbortSignal;
}

/** What becomes of a job and its lane after an attempt. */
export interface Verdict {
  /** Whether the job stays at the head of its lane, to be tried again; else the queue forgets it. */
  readonly keep: boolean;
  /** How long the lane rests before its next attempt, of this job or of the one behind it. */
  readonly pauseMs: number;
}

/** Does the work. */
export interface Worker<Payload> {
  /** Tries a job. Never rejects: a failure is a verdict. A durable backend may call it twice for one success. */
  work(attempt: Attempt<Payload>): Promise<Verdict>;
  /** Is told of a job that the queue let go without an attempt being made: no room in a backend that has a bound, or stopped. */
  dropped(job: Job<Payload>): void;
}

/** A queue. */
export interface Queue<Payload> {
  /** Jobs that are not done, those that are being tried included. */
  readonly depth: number;
  /** Jobs that are being tried. */
  readonly inFlight: number;
  /** Begins to work. Called once, before anything is enqueued. */
  start(worker: Worker<Payload>): void;
  /** Takes a job and returns at once, before any attempt; never throws. What cannot be taken is told to `dropped`. */
  enqueue(job: Job<Payload>): void;
  /** Tries at once what rests in a lane. What an attempt that is under way there will say of rest does not count. */
  wake(lane: string): void;
  /**
   * Takes nothing more, breaks off what is being tried and stops. Answers how many jobs were given up by
   * that; a durable backend, which keeps them, answers 0.
   */
  stop(): Promise<number>;
}
