// The metrics of all processes of a server with workers.
import type { Log } from "../log/log.ts";
import { countersOf, FormerCounters } from "../metrics/counters.ts";
import type { Metric, Snapshot } from "../metrics/metric.ts";
import { snapshotOf } from "./operators.ts";
import type { Worker, Workers } from "./workers.ts";

/** How long a worker has to say its figures. */
const ANSWER_MS = 1000;

/** Collects the metrics. No sum falls because a worker has ended or does not answer. */
export class WorkerFigures {
  readonly #workers: Workers;
  readonly #log: Log;
  readonly #former = new FormerCounters();
  /** What each worker said last. */
  readonly #last = new Map<Worker, Snapshot>();
  #unansweredCount = 0;

  constructor(workers: Workers, log: Log) {
    this.#workers = workers;
    this.#log = log;
  }

  get unansweredCount(): number {
    return this.#unansweredCount;
  }

  /** A worker has ended: what it has counted stays. */
  ended(worker: Worker): void {
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last !== undefined) this.#former.add(last);
  }

  /** One snapshot for each worker, one for those that have ended, and one of the primary's own metrics. */
  async collect(own: readonly Metric[]): Promise<readonly Snapshot[]> {
    const { listening } = this.#workers;
    const snapshots = await Promise.all(listening.map((worker) => this.#ask(worker)));
    return [...snapshots, this.#former.snapshot, snapshotOf(own, this.#log)];
  }

  async #ask(worker: Worker): Promise<Snapshot> {
    const answer = await this.#workers.ask(
      worker,
      (question) => ({ kind: "figures", question }),
      ANSWER_MS,
    );
    // One that ended meanwhile is among the former.
    if (!this.#workers.listening.includes(worker)) return [];
    if (answer?.kind === "figures") {
      this.#last.set(worker, answer.snapshot);
      return answer.snapshot;
    }
    this.#unansweredCount++;
    this.#log.once(`figures ${worker.number}`, "figures of a worker missing", {
      worker: worker.number,
    });
    return countersOf(this.#last.get(worker) ?? []);
  }
}
