// A broker's process: one that can be killed, stopped, and started again on its port.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until, within } from "../deadline.ts";
import type { Scope } from "../scope.ts";

/** How a broker is started. */
export interface BrokerProgram {
  readonly command: readonly string[];
  readonly directory: string;
  /** What it writes, on either stream, once it takes connections. */
  readonly ready: RegExp;
}

/** A running broker, or one that was killed. */
export class Broker {
  readonly port: number;
  readonly directory: string;
  readonly #program: BrokerProgram;
  #child: Bun.Subprocess<"ignore", "pipe", "pipe"> | null = null;
  #output = "";

  constructor(scope: Scope, port: number, program: BrokerProgram) {
    this.port = port;
    this.directory = program.directory;
    this.#program = program;
    scope.add(() => this.kill());
  }

  /** Its process id. @throws when it is not running. */
  get pid(): number {
    if (this.#child === null)
      throw new Error(`Cannot tell the process of ${this.#name}: it is down`);
    return this.#child.pid;
  }

  /** What the present process has written. */
  get output(): string {
    return this.#output;
  }

  get #name(): string {
    return `"${this.#program.command.join(" ")}"`;
  }

  /** Starts the process, and waits until it takes connections. */
  async start(): Promise<void> {
    this.#output = "";
    const child = Bun.spawn([...this.#program.command], {
      cwd: this.#program.directory,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#child = child;
    void this.#read(child.stdout);
    void this.#read(child.stderr);
    await until(() => {
      if (child.exitCode !== null)
        throw new Error(`Cannot start ${this.#name}: it has ended\n${this.#output}`);
      return this.#program.ready.test(this.#output);
    }, `${this.#name} to take connections`);
  }

  /** Ends the process at once, as a crash does, also while it is stopped. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    child.kill("SIGKILL");
    await within(child.exited, `the end of ${this.#name}`);
  }

  /** Ends the process and starts it anew on its port, `downMs` later. */
  async restart(downMs: number = 0): Promise<void> {
    await this.kill();
    await Bun.sleep(downMs);
    await this.start();
  }

  /** Makes the process stand still: its connections stay, and nothing is answered. It does when this returns. */
  stop(): void {
    this.signal("SIGSTOP");
    while (!isStopped(this.pid)) Bun.sleepSync(1);
  }

  /** Lets it go on. */
  cont(): void {
    this.signal("SIGCONT");
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#output += decoder.decode(chunk, { stream: true });
  }
}

/** Whether no thread of the process goes on. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).every((task) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, "utf8");
    // The state follows the name, which is in brackets.
    return stat[stat.lastIndexOf(")") + 2] === "T";
  });
}

/** An empty directory that is removed when the scope ends. */
export function brokerDirectory(scope: Scope): string {
  const directory = mkdtempSync(join(tmpdir(), "fanwire-broker-"));
  scope.add(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The path of a program. @throws when it is not installed. */
export function programPath(name: string): string {
  const path = Bun.which(name, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` });
  if (path === null)
    throw new Error(`Cannot start ${name}: it is not on the PATH, "./build.sh test" installs it`);
  return path;
}
