// What the machine gives this process: open files and memory. A server that runs out of
// descriptors neither accepts nor answers, so it refuses before: a reserve is kept.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";

const RESERVE_SHARE = 0.05;
const MIN_RESERVE = 32;
const MAX_RESERVE = 1024;

/** Open files that this process may have; `Infinity` when there is no limit or it cannot be told. */
export function openFileLimit(): number {
  const text = process.platform === "linux" ? linuxLimit() : shellLimit();
  const limit = Number(text);
  return Number.isInteger(limit) && limit > 0 ? limit : Infinity;
}

/** Connections under the limit, beside the reserve. */
export function connectionCapacity(fileLimit: number): number {
  return Math.max(1, fileLimit - descriptorReserve(fileLimit));
}

/** What of the limit is kept for requests, refusals, files and brokers: 5 %, 32 to 1,024. */
export function descriptorReserve(fileLimit: number): number {
  return Math.min(MAX_RESERVE, Math.max(MIN_RESERVE, Math.ceil(fileLimit * RESERVE_SHARE)));
}

/** What this process uses of memory, as of the last look. To look is to read files, which is not for everybody who asks. */
export class MemoryFigures {
  #usedBytes = 0;
  #totalBytes = totalmem();

  constructor() {
    this.look();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What it may use: the container's limit where there is one, else the machine's memory. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** To be called once in a while. Throws when there is no descriptor left to look with; then the figures stay. */
  look(): void {
    this.#usedBytes = process.memoryUsage.rss();
    this.#totalBytes = memoryLimitBytes();
  }
}

function memoryLimitBytes(): number {
  const limit = existsSync(CGROUP_LIMIT) ? Number(readFileSync(CGROUP_LIMIT, "utf8")) : Number.NaN;
  return Number.isFinite(limit) ? limit : totalmem();
}

const CGROUP_LIMIT = "/sys/fs/cgroup/memory.max";

function linuxLimit(): string | undefined {
  return readFileSync("/proc/self/limits", "utf8").match(/^Max open files\s+(\S+)/m)?.[1];
}

function shellLimit(): string {
  return spawnSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).stdout?.trim() ?? "";
}
