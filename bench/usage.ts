// What a process has used, read from /proc: CPU time in nanoseconds, resident memory.
// Linux only. A process includes all its descendants, so that a server with workers is measured
// completely.

import { readdirSync, readFileSync } from "node:fs";

const TICK_NS = 10_000_000;

/** CPU time of a process tree up to one moment. Compare two of them with `cpuBetweenNs`. */
export interface CpuReading {
  /** Nanoseconds that each running thread has used, by thread id. */
  readonly threadsNs: ReadonlyMap<string, number>;
  /** User and system time in ticks of 10 ms, which include ended threads. */
  readonly ticksNs: number;
  /** Nanoseconds that the threads waited for a core. */
  readonly waitedNs: number;
}

/**
 * Reads the CPU time of the processes and their descendants.
 *
 * @throws if one of the processes has ended.
 */
export function readCpu(pids: readonly number[]): CpuReading {
  const threadsNs = new Map<string, number>();
  let ticksNs = 0;
  let waitedNs = 0;
  for (const pid of descendants(pids)) {
    const stat = statFields(pid);
    if (stat === undefined) {
      if (pids.includes(pid)) throw new Error(`Cannot measure process "${pid}": it has ended`);
      continue;
    }
    ticksNs += (Number(stat[11]) + Number(stat[12])) * TICK_NS;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const schedule = readIfPresent(`/proc/${pid}/task/${thread}/schedstat`);
      if (schedule === undefined) continue;
      const [ranNs, threadWaitedNs] = schedule.split(" ").map(Number);
      threadsNs.set(thread, ranNs ?? 0);
      waitedNs += threadWaitedNs ?? 0;
    }
  }
  return { threadsNs, ticksNs, waitedNs };
}

/**
 * Nanoseconds of CPU time between two readings, for all threads.
 *
 * If a thread ended in between, its last part would be missing, so the coarser ticks are used instead.
 */
export function cpuBetweenNs(before: CpuReading, after: CpuReading): number {
  let ns = 0;
  for (const [thread, ranNs] of after.threadsNs) ns += ranNs - (before.threadsNs.get(thread) ?? 0);
  const ended = before.threadsNs.keys().some((thread) => !after.threadsNs.has(thread));
  return ended ? after.ticksNs - before.ticksNs : ns;
}

/** Resident memory of the processes and their descendants, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of descendants(pids)) {
    const status = readIfPresent(`/proc/${pid}/status`) ?? "";
    kilobytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}

/** The kernel's memory for objects such as sockets (slab) on the whole machine, in bytes. */
export function kernelSlabBytes(): number {
  const info = readFileSync("/proc/meminfo", "utf8");
  return Number(/^Slab:\s+(\d+) kB$/m.exec(info)?.[1] ?? 0) * 1024;
}

/** The CPU cores on which this process may run, in ascending order. */
export function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return (list ?? "0").split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function descendants(pids: readonly number[]): readonly number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statFields(Number(name))?.[1])] as const);
  const found = [...pids];
  // The array grows during the loop: the children of each process are added to it.
  for (const pid of found) {
    for (const [child, parent] of parents)
      if (parent === pid && !found.includes(child)) found.push(child);
  }
  return found;
}

// The fields after the command's name, which may contain spaces: state, parent, ... utime is 11, stime 12.
function statFields(pid: number): readonly string[] | undefined {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

// A process or thread may end after it was listed and before it is read. That is not an error here.
function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
