// What somebody else feels: how long pings and publishes take, one after the other, while something is done.
import { connectRaw } from "../e2e/raw-client.ts";
import type { Scope } from "../e2e/scope.ts";
import { socketUrl, type Target } from "../e2e/server.ts";
import { publish } from "./publish.ts";

/** Of a hundred, the slowest but one; the slowest of fewer. */
export interface Latency {
  readonly pingMs: number;
  readonly publishMs: number;
}

const PERIOD_MS = 10;

/** Measures until the other has settled. @throws when that does, or a ping or a publish. */
export async function latencyDuring(
  scope: Scope,
  target: Target,
  other: Promise<unknown>,
): Promise<Latency> {
  const { client } = await connectRaw(scope, socketUrl(target));
  let isOver = false;
  const over = other.finally(() => {
    isOver = true;
  });
  const measure = async (action: () => Promise<unknown>): Promise<number> => {
    const durationsMs: number[] = [];
    while (!isOver) {
      const startMs = performance.now();
      await action();
      durationsMs.push(performance.now() - startMs);
      await Bun.sleep(PERIOD_MS);
    }
    return percentile99(durationsMs);
  };
  const [pingMs, publishMs] = await Promise.all([
    measure(() => client.received()),
    measure(() => publish(target, "latency", "e", crypto.randomUUID())),
    over,
  ]);
  client.terminate();
  return { pingMs, publishMs };
}

function percentile99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}
