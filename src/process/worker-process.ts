// A worker as the primary has it: this executable, started again with a role. The role is a variable together with a
// channel between the two processes, which a user cannot type.

/** How a worker ended. */
export interface Ending {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | number | null;
}

/** What the primary does with what a worker says and how it ends. */
export interface WorkerHandlers<Report> {
  readonly heard: (report: Report) => void;
  readonly ended: (ending: Ending) => void;
}

const ROLE_VARIABLE = "FANWIRE_ROLE";
const WORKER_ROLE = "worker";
/** The folder in which a compiled executable finds its own files. */
const COMPILED = "/$bunfs/";

/** Whether this process was started by a primary. */
export function isWorkerProcess(): boolean {
  return process.env[ROLE_VARIABLE] === WORKER_ROLE && process.send !== undefined;
}

/** A running worker. */
export class WorkerProcess<Order, Report> {
  readonly #child: Bun.Subprocess<"ignore", "ignore", "inherit">;

  /** Starts it. */
  constructor({ heard, ended }: WorkerHandlers<Report>) {
    this.#child = Bun.spawn([...ownCommand()], {
      env: { ...process.env, [ROLE_VARIABLE]: WORKER_ROLE },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
      serialization: "advanced",
      ipc: (report: Report) => heard(report),
    });
    void this.#child.exited.then(() =>
      ended({ code: this.#child.exitCode, signal: this.#child.signalCode }),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Nothing happens when it has ended. */
  send(order: Order): void {
    try {
      this.#child.send(order);
    } catch {
      // The channel has closed; the end of the process is heard of elsewhere.
    }
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves when it has ended. */
  async over(): Promise<void> {
    await this.#child.exited;
  }
}

/** What this process was started with, without its arguments. */
function ownCommand(): readonly string[] {
  return Bun.main.startsWith(COMPILED) ? [process.execPath] : [process.execPath, Bun.main];
}
