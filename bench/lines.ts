// Commands to a C program: one line on its stdin, answered with one line of JSON on its stdout.
// One command at a time; a missing answer is an error after a time limit.

import type { Worker } from "./workshop.ts";

/** A started program that takes commands. */
export class Conversation {
  readonly #worker: Worker;
  readonly #output: AsyncIterator<Uint8Array>;
  readonly #decoder: TextDecoder = new TextDecoder();
  #rest = "";

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#output = worker.stdout[Symbol.asyncIterator]();
  }

  /** The program's process id. */
  get pid(): number {
    return this.#worker.pid;
  }

  /** Sends one command.
   *
   * @throws if the program has ended. */
  send(line: string): void {
    void this.#worker.stdin.write(`${line}\n`);
    void this.#worker.stdin.flush();
  }

  /** The next line that the program prints, parsed as JSON.
   *
   * @throws if the program ends first, or prints nothing for `limitMs` (then it is killed). */
  async answer<T>(limitMs: number): Promise<T> {
    const timer = setTimeout(() => this.#worker.kill("SIGKILL"), limitMs);
    try {
      return await this.#readLine<T>();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the program by closing its stdin, and waits until it has exited. */
  async close(): Promise<void> {
    await this.#worker.stdin.end();
    await this.#worker.exited;
  }

  async #readLine<T>(): Promise<T> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line: T = JSON.parse(this.#rest.slice(0, end));
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#output.next();
      if (done)
        throw new Error(
          `Cannot go on: the load program with process id "${this.pid}" ended without an answer`,
        );
      this.#rest += this.#decoder.decode(value, { stream: true });
    }
  }
}
