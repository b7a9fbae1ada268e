// What this process may use of the machine: open files and memory. A server without free descriptors neither accepts
// nor answers, so it refuses connections earlier and keeps a reserve.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";

const RESERVE_SHARE = 0.05;
const MIN_RESERVE = 32;
const MAX_RESERVE = 1024;

/** How many files this process may have open; `Infinity` when there is no limit or it is unknown. */
export function openFileLimit(): number {
  const text = process.platform === "linux" ? linuxLimit() : shellLimit();
  const limit = Number(text);
  return Number.isInteger(limit) && limit > 0 ? limit : Infinity;
}

/** How many connections fit under the limit, besides the reserve. */
export function connectionCapacity(fileLimit: number): number {
  return Math.max(1, fileLimit - descriptorReserve(fileLimit));
}

/** Descriptors that are reserved for requests, refusals, files and brokers: 5 % of the limit, between 32 and 1,024. */
export function descriptorReserve(fileLimit: number): number {
  return Math.min(MAX_RESERVE, Math.max(MIN_RESERVE, Math.ceil(fileLimit * RESERVE_SHARE)));
}

/** Memory that this process uses, as of the last look. A look reads files, so it must not be made for each request. */
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

  /** To be called now and then. @throws when no descriptor is free; the figures then stay as they are. */
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
