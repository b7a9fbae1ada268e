// A process as the system sees it, from /proc: memory, open files, processor time. Nothing here
// asks the process itself, which may be too busy to answer.
import { readdirSync, readFileSync } from "node:fs";

/** What `/proc/PID/stat` counts time in; Linux shows hundredths of a second to all programs. */
const TICK_MS = 10;

/** Memory in RAM. @throws when the process has ended. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, "status")) ?? [];
  if (kilobytes === undefined) throw new Error(`Cannot read the memory of process ${pid}: it ends`);
  return Number(kilobytes) * 1024;
}

/** Open files and sockets. @throws when the process has ended. */
export function openFileCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Processor time since the start, of user and system. @throws when the process has ended. */
export function processorMs(pid: number): number {
  const stat = read(pid, "stat");
  // The second field is the name in brackets, which may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Measures memory every few milliseconds, so that what has gone again is seen too. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #timer: Timer;
  #peakBytes: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#peakBytes = residentBytes(pid);
    this.#timer = setInterval(() => this.#look(), 20);
  }

  /** Ends the watch and returns the most that was measured. */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#peakBytes;
  }

  #look(): void {
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes(this.#pid));
  }
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, "utf8");
}
