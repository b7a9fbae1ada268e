// The workers of a primary: started, asked, started again when they end, and ended.
import type { Log } from "../log/log.ts";
import { Restarts } from "../process/restarts.ts";
import { type Ending, WorkerProcess } from "../process/worker-process.ts";
import { Answers } from "./answers.ts";
import { StartError } from "./start-error.ts";
import type { Order, Report } from "./worker-messages.ts";

/** What a worker is started with, and who hears of it. */
export interface WorkersInputs {
  readonly log: Log;
  /** The order that makes the worker of this number serve; called for each process anew. */
  readonly startOrder: (worker: number) => Order;
  /** A process has ended. */
  readonly ended: (worker: Worker) => void;
  /** A worker ends over and over, for which there is a sentence. */
  readonly hopeless: (problem: string) => void;
}

/** What a worker said when it began to listen. */
export type WorkerListening = Extract<Report, { kind: "listening" }>;

/** One worker: the process that serves now, or the one that will. */
export interface Worker {
  readonly number: number;
  readonly process: WorkerProcess<Order, Report>;
  /** Null until it listens. */
  listening: WorkerListening | null;
}

/** The place of one worker, which has one process after the other. */
interface Slot {
  readonly number: number;
  readonly restarts: Restarts;
  worker: Worker | null;
  /** Whether one of its processes has listened. */
  hasServed: boolean;
  /** Until the slot's first process listens. */
  readonly first: PromiseWithResolvers<WorkerListening>;
}

/** Keeps as many workers running as were started. */
export class Workers {
  readonly #inputs: WorkersInputs;
  readonly #slots: Slot[] = [];
  readonly #answers = new Answers<Report>();
  #isEnding = false;
  #restartCount = 0;

  constructor(inputs: WorkersInputs) {
    this.#inputs = inputs;
  }

  get restartCount(): number {
    return this.#restartCount;
  }

  /** Those that serve clients. */
  get listening(): readonly Worker[] {
    return this.#slots.flatMap(({ worker }) => (worker?.listening ? [worker] : []));
  }

  /** Starts one more worker. Rejects with a `StartError` when it cannot serve. */
  add(): Promise<WorkerListening> {
    const slot: Slot = {
      number: this.#slots.length + 1,
      restarts: new Restarts(Math.random),
      worker: null,
      hasServed: false,
      first: Promise.withResolvers(),
    };
    this.#slots.push(slot);
    this.#start(slot);
    return slot.first.promise;
  }

  /** Asks a worker. Null when it does not answer in time. */
  ask(
    worker: Worker,
    order: (question: number) => Order,
    timeoutMs: number,
  ): Promise<Report | null> {
    const { number, answer } = this.#answers.expect(timeoutMs);
    worker.process.send(order(number));
    return answer;
  }

  /** Tells all to drain, and resolves when they have ended. Those that take longer are killed. `goesOn` is whether another server may listen on the port. */
  async drain(goesOn: boolean, limitMs: number): Promise<void> {
    this.#isEnding = true;
    const all = this.#all();
    for (const { process } of all) process.send({ kind: "drain", goesOn });
    const timer = setTimeout(() => this.kill(), limitMs);
    await Promise.all(all.map(({ process }) => process.over()));
    clearTimeout(timer);
  }

  /** Ends all at once. */
  kill(): void {
    this.#isEnding = true;
    for (const { process } of this.#all()) process.kill();
  }

  #all(): readonly Worker[] {
    return this.#slots.flatMap(({ worker }) => worker ?? []);
  }

  #start(slot: Slot): void {
    const worker: Worker = {
      number: slot.number,
      process: new WorkerProcess<Order, Report>({
        heard: (report) => this.#hear(slot, worker, report),
        ended: (ending) => this.#ended(slot, worker, ending),
      }),
      listening: null,
    };
    slot.worker = worker;
  }

  #hear(slot: Slot, worker: Worker, report: Report): void {
    switch (report.kind) {
      case "ready":
        if (!this.#isEnding) worker.process.send(this.#inputs.startOrder(worker.number));
        return;
      case "listening":
        worker.listening = report;
        slot.hasServed = true;
        slot.first.resolve(report);
        return;
      case "failed":
        if (slot.hasServed)
          this.#inputs.log.error("worker not started", {
            worker: worker.number,
            reason: report.problem,
          });
        else slot.first.reject(new StartError(report.problem));
        return;
      case "renewed":
      case "figures":
        this.#answers.take(report.question, report);
        return;
      default:
        return report satisfies never;
    }
  }

  #ended(slot: Slot, worker: Worker, ending: Ending): void {
    slot.worker = null;
    this.#inputs.ended(worker);
    if (this.#isEnding) return;
    const fields = { worker: worker.number, pid: worker.process.pid };
    // A worker that was told to end, by whomever, has done nothing wrong.
    const isDeath = ending.code !== 0;
    const pauseMs = isDeath ? slot.restarts.died(performance.now()) : 0;
    if (pauseMs === null) return this.#giveUp(slot, ending);
    this.#inputs.log[isDeath ? "error" : "info"]("worker ended", {
      ...fields,
      ...ending,
      restart_ms: Math.round(pauseMs),
    });
    setTimeout(() => {
      if (this.#isEnding) return;
      this.#restartCount++;
      this.#start(slot);
    }, pauseMs);
  }

  #giveUp({ number, first }: Slot, { code, signal }: Ending): void {
    const last = signal === null ? `code ${code}` : `signal ${signal}`;
    const problem = `Cannot keep worker ${number} running: it has ended five times within a minute, the last time with ${last}`;
    first.reject(new StartError(problem));
    this.#inputs.hopeless(problem);
  }
}
