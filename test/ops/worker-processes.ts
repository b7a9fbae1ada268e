// The workers of a server as the system sees them: the children of its process.
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../harness/deadline.ts";

/** The process ids of the children that live. */
export function workerPids(primaryPid: number): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && stateOf(pid)?.parent === primaryPid)
    .filter(isAlive);
}

/** Whether there is such a process. One that has ended and was not waited for does not count. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== null && state.letter !== "Z";
}

/** Whether there is anything left of the process, were it only its exit code. */
export function isKnown(pid: number): boolean {
  return stateOf(pid) !== null;
}

/** Waits until the primary has so many workers, none of them among `former`. */
export async function untilWorkers(
  primaryPid: number,
  count: number,
  former: readonly number[] = [],
): Promise<readonly number[]> {
  return await until(() => {
    const pids = workerPids(primaryPid);
    return pids.length === count && !pids.some((pid) => former.includes(pid)) && pids;
  }, `${count} workers`).then((pids) => pids || []);
}

function stateOf(pid: number): { readonly letter: string; readonly parent: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [letter = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { letter, parent: Number(parent) };
  } catch {
    return null;
  }
}
