// The resources of one run of a bench: a temporary directory with the compiled C programs, and
// the processes that it has started. Nothing is restarted.
// Every process is pinned, ends when its driver ends, and has a time limit.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowedCores } from "./usage.ts";

/** A started process that takes commands on stdin and answers each with one line on stdout. */
export type Worker = Bun.Subprocess<"pipe", "pipe", "inherit">;

/** A started server, and the file with its stdout and stderr. */
export interface Daemon {
  readonly process: Bun.Subprocess<"ignore", Bun.BunFile, Bun.BunFile>;
  readonly output: Bun.BunFile;
}

const COMPILERS = ["cc", "gcc", "clang"];

/** Time limit of every process of a bench, in seconds. */
const LIFETIME_SECONDS = 1800;

/** The temporary directory, compiled programs and processes of one run. Call `close` at the end. */
export class Workshop {
  /** Core of the server under test, or -1 if it is not pinned. */
  readonly serverCore: number;
  /** Core of the load (subscribers and publishers), or -1 if it is not pinned. */
  readonly loadCore: number;
  readonly #directory: string = mkdtempSync(join(tmpdir(), "fanwire-bench-"));
  readonly #launcher: string;
  #fileCount = 0;

  /** With fewer than two cores, or with `pin` false, nothing is pinned.
   *
   * @throws if this is not Linux, or if there is no C compiler. */
  constructor(pin: boolean) {
    if (process.platform !== "linux")
      throw new Error(`Cannot measure on "${process.platform}": it must be Linux, for its /proc`);
    const [serverCore, loadCore] = allowedCores();
    const pinned = pin && serverCore !== undefined && loadCore !== undefined;
    this.serverCore = pinned ? serverCore : -1;
    this.loadCore = pinned ? loadCore : -1;
    // Registered before the first process starts, so that a failed run leaves nothing behind either.
    process.on("exit", () => this.close());
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => process.exit(130));
    this.#launcher = this.compile("launch");
  }

  /** Compiles `bench/<name>.c` with -O2 and returns the path of the program.
   *
   * @throws if there is no compiler, or if the compilation fails. */
  compile(name: string): string {
    const compiler = COMPILERS.map((c) => Bun.which(c)).find((path) => path !== null);
    if (compiler === undefined)
      throw new Error(
        `Cannot compile "bench/${name}.c": no C compiler was found, one of ${COMPILERS.join(", ")} must be on the path`,
      );
    const program = join(this.#directory, name);
    const source = join(import.meta.dir, `${name}.c`);
    const run = Bun.spawnSync([compiler, "-O2", "-o", program, source]);
    if (run.success) return program;
    throw new Error(`Cannot compile "bench/${name}.c": ${run.stderr.toString().trim()}`);
  }

  /** A new path in the temporary directory. */
  filePath(name: string): string {
    this.#fileCount += 1;
    return join(this.#directory, `${this.#fileCount}-${name}`);
  }

  /** Removes a file of the temporary directory early: request files have many megabytes. */
  remove(path: string): void {
    rmSync(path, { force: true });
  }

  /** Starts a program that takes commands on its stdin. */
  startWorker(command: readonly string[], core: number): Worker {
    return Bun.spawn(this.#launched(command, core), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  /** Starts a server whose output goes to a file in the temporary directory. */
  startDaemon(command: readonly string[], core: number): Daemon {
    const output = Bun.file(this.filePath("output"));
    const launched = this.#launched(command, core);
    return {
      process: Bun.spawn(launched, { stdin: "ignore", stdout: output, stderr: output }),
      output,
    };
  }

  /** Removes the temporary directory. The launcher makes the processes end with their driver. */
  close(): void {
    if (existsSync(this.#directory)) rmSync(this.#directory, { recursive: true });
  }

  #launched(command: readonly string[], core: number): string[] {
    return [this.#launcher, String(core), String(LIFETIME_SECONDS), ...command];
  }
}

/** A free port below the range of ports for outgoing connections. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (isFree(port)) return port;
  }
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}
