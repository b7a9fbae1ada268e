// The death of a worker: its clients lose their connections and come back to the others, and the primary
// starts another.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LOCAL_BUS } from "../harness/buses.ts";
import { startCluster } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { Scope } from "../harness/scope.ts";
import { APP_SETTINGS, underLoad } from "./fault.ts";
import { RIGHT_MS } from "./form.ts";

setDefaultTimeout(60_000);
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

/** Publishes that were under way at a worker when it died have no answer. */
const UNDER_WAY_MS = 1000;
const WORKER_COUNT = 3;

test("a worker is killed: its members go unless they come back, and another takes its place", async () => {
  const cluster = await startCluster(scope, {
    bus: LOCAL_BUS,
    nodeCount: 1,
    app: APP_SETTINGS,
    args: ["--workers", `${WORKER_COUNT}`],
  });
  const { pid } = cluster.node(0).program;
  const workers = childrenOf(pid);
  expect(workers.length).toBe(WORKER_COUNT);
  const [victim = 0] = workers;
  await underLoad(scope, cluster, async () => {
    process.kill(victim, "SIGKILL");
    const killedMs = performance.now();
    await until(() => childrenOf(pid).length === WORKER_COUNT, "another worker");
    return {
      endedMs: killedMs,
      rightMs: RIGHT_MS,
      terms: {
        excused: ({ status, sentMs }) => status === 0 && Math.abs(sentMs - killedMs) < UNDER_WAY_MS,
      },
    };
  });
  expect(childrenOf(pid)).not.toContain(victim);
});

/** The process ids of a process's children. */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
