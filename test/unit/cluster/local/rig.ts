// A router and workers on it, which write down what they hear. Ended after each test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "bun:test";
import type { Bus } from "../../../../src/cluster/bus.ts";
import { localBus } from "../../../../src/cluster/local/client.ts";
import { Router, type RouterOptions } from "../../../../src/cluster/local/router.ts";

const DEADLINE_MS = 10_000;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Has `end` called after the test. */
export function later(end: () => unknown): void {
  ends.push(end);
}

/** A router, and where it is. */
export interface Rig {
  readonly router: Router;
  readonly path: string;
}

/** A worker on the bus. */
export interface Worker {
  readonly bus: Bus;
  readonly token: string;
  /** `topic=text`, `lost`, `regained` and `gone NODE`, in their order. */
  readonly heard: string[];
}

/** Starts a router in a folder of its own. */
export function startRouter(options?: RouterOptions): Rig {
  const folder = mkdtempSync(join(tmpdir(), "fanwire-bus-"));
  const path = join(folder, "bus");
  const router = new Router(path, options);
  later(() => {
    router.close();
    rmSync(folder, { recursive: true });
  });
  return { router, path };
}

/** Joins the bus as a node of this id. */
export async function enter({ router, path }: Rig, nodeId: string): Promise<Worker> {
  const token = router.invite();
  const heard: string[] = [];
  const bus = await localBus({ path, token })({
    nodeId,
    message: (topic, text) => void heard.push(`${topic}=${text}`),
    lost: () => void heard.push("lost"),
    regained: () => void heard.push("regained"),
    gone: (id) => void heard.push(`gone ${id}`),
  });
  later(() => bus.close());
  return { bus, token, heard };
}

/** Waits until it holds. @throws when it does not in time. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot wait for ${what}`);
    await Bun.sleep(2);
  }
}

/** What the promise settles with: its value or the message of its error. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => (error instanceof Error ? error.message : error));
}
