// The compiled executable as a process: started, listened to, ended. It runs in a home of its own,
// so that no file or variable of the machine decides a test, and tests leave nothing behind.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { until, within } from "./deadline.ts";
import type { Scope } from "./scope.ts";

/** The repository. */
export const ROOT: string = resolve(import.meta.dir, "../..");

/** The executable under test. */
export const EXECUTABLE: string = resolve(
  ROOT,
  process.env["FANWIRE_TEST_EXECUTABLE"] ?? "dist/fanwire",
);

if (!existsSync(EXECUTABLE))
  throw new Error(
    `Cannot test the executable "${EXECUTABLE}": there is no such file, build it with ./build.sh or name another in FANWIRE_TEST_EXECUTABLE`,
  );

/** Where and with what a program runs. */
export interface Surroundings {
  /** Working directory, home and place of temporary and runtime files. */
  readonly directory: string;
  /** Variables beside PATH and those that name the directory. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its standard input; nothing by default. */
  readonly input?: string;
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What tests do with a running program. */
export interface Running {
  readonly stdout: string;
  readonly stderr: string;
  /** Its process id. */
  readonly pid: number;
  /** Waits until standard output, or standard error, has text that matches, and returns the match. @throws when the program ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for the program's end. */
  outcome(): Promise<Outcome>;
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, as a service manager does. */
  terminate(): void;
  /** Ends it at once, as a crash does. Nothing happens when it has ended. */
  kill(): Promise<void>;
}

/** A running process of any program. */
export class Program implements Running {
  stdout = "";
  stderr = "";
  readonly #name: string;
  readonly #child: Bun.Subprocess<Blob | "ignore", "pipe", "pipe">;
  readonly #read: Promise<unknown>;

  constructor(scope: Scope, command: readonly string[], { directory, env, input }: Surroundings) {
    this.#name = command.join(" ");
    this.#child = Bun.spawn([...command], {
      cwd: directory,
      env: {
        PATH: process.env["PATH"],
        HOME: directory,
        TMPDIR: directory,
        XDG_RUNTIME_DIR: directory,
        ...env,
      },
      stdin: input === undefined ? "ignore" : new Blob([input]),
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#read = Promise.all([
      each(this.#child.stdout, (text) => (this.stdout += text)),
      each(this.#child.stderr, (text) => (this.stderr += text)),
    ]);
    scope.add(() => this.kill());
  }

  /** Its process id. A shell that becomes another program keeps it. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until standard output, or standard error, has text that matches, and returns the match. @throws when the program ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const match = await until(() => {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (found === null && this.#child.exitCode !== null)
        throw new Error(
          `Cannot wait for ${pattern} from "${this.#name}": it has ended with code ${this.#child.exitCode}\n${this.stdout}${this.stderr}`,
        );
      return found;
    }, `${pattern} from "${this.#name}"`);
    if (match === null) throw new Error("until() returns truthy values only");
    return match;
  }

  /** Waits for the program's end. */
  async outcome(): Promise<Outcome> {
    const code = await within(this.#child.exited, `the end of "${this.#name}"`);
    await within(this.#read, `the output of "${this.#name}"`);
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks it to end, as a service manager does. */
  terminate(): void {
    this.signal("SIGTERM");
  }

  /** Ends it at once, as a crash does. Nothing happens when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await within(this.#child.exited, `the end of "${this.#name}"`);
  }
}

/** A primary with workers, which crash together, as with their machine. */
export class ProgramWithWorkers extends Program {
  override async kill(): Promise<void> {
    const workers = childrenOf(this.pid);
    await super.kill();
    for (const pid of workers) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

/** The children of a process; none if it has ended. */
function childrenOf(pid: number): readonly number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Several programs that are one server. */
export class ProgramGroup implements Running {
  readonly #programs: readonly Program[];
  readonly #ended: () => void;

  /** `ended` is called once all of them have been seen to have ended. */
  constructor(programs: readonly Program[], ended: () => void) {
    this.#programs = programs;
    this.#ended = ended;
  }

  get stdout(): string {
    return this.#programs.map(({ stdout }) => stdout).join("");
  }

  get stderr(): string {
    return this.#programs.map(({ stderr }) => stderr).join("");
  }

  /** That of the first program. */
  get pid(): number {
    return this.#programs[0]?.pid ?? 0;
  }

  /** Waits for all of them, and returns the match of one. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const [match] = await Promise.all(this.#programs.map((program) => program.says(pattern)));
    if (match === undefined) throw new Error("Cannot wait for a program: the group has none");
    return match;
  }

  /** What all of them have written. The code is the first that is not 0. */
  async outcome(): Promise<Outcome> {
    const outcomes = await Promise.all(this.#programs.map((program) => program.outcome()));
    this.#ended();
    const code = outcomes.find((outcome) => outcome.code !== 0)?.code ?? 0;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  signal(name: NodeJS.Signals): void {
    for (const program of this.#programs) program.signal(name);
  }

  terminate(): void {
    this.signal("SIGTERM");
  }

  async kill(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    this.#ended();
  }
}

/** Runs the executable to its end. */
export function run(
  scope: Scope,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<Outcome> {
  return new Program(scope, [EXECUTABLE, ...args], surroundings).outcome();
}

/** An empty directory that is removed when the scope ends. */
export function makeDirectory(scope: Scope): string {
  const directory = mkdtempSync(join(tmpdir(), "fanwire-e2e-"));
  scope.add(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function each(
  stream: ReadableStream<Uint8Array>,
  use: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) use(decoder.decode(chunk, { stream: true }));
}
