// Measures an attack: the latency that an unrelated client and application see, from a process of their own
// (probe.ts), and the server's memory.
import { expect } from "bun:test";
import { until, within } from "../harness/deadline.ts";
import type { FrameClient } from "../harness/frame-client.ts";
import { frame } from "../harness/frames.ts";
import type { Scope } from "../harness/scope.ts";
import type { Server } from "../harness/server.ts";
import type { Felt } from "./probe.ts";
import { MemoryWatch, residentBytes } from "./process.ts";

const MEGABYTE: number = 1_048_576;
const IDLE_MS = 2000;
/** The channel on which the probe publishes to itself. */
export const PROBE_CHANNEL = "probe-81c0a3d2";

/** How far an attack may affect everybody else. */
export const BOUNDS: Readonly<Record<"pingMs" | "publishMs" | "grownBytes" | "leftBytes", number>> =
  {
    /** Rise of the 99th percentile of a ping over that without the attack. */
    pingMs: 50,
    publishMs: 100,
    grownBytes: 64 * MEGABYTE,
    /** Memory that may remain after the attackers have disconnected. */
    leftBytes: 40 * MEGABYTE,
  };

/** What was measured during an attack. */
export interface Damage {
  readonly idle: Felt;
  readonly attacked: Felt;
  /** Peak of resident memory during the attack, less that before. */
  readonly grownBytes: number;
}

/** Measures for a while without the attack, then with it, and prints the figures. */
export async function underAttack(
  scope: Scope,
  victim: Server,
  attack: () => Promise<void>,
): Promise<Damage> {
  const probe = await Probe.start(scope, victim);
  await Bun.sleep(IDLE_MS);
  const idle = await probe.ask("report");
  const beforeBytes = residentBytes(victim.program.pid);
  const memory = new MemoryWatch(victim.program.pid);
  await attack();
  const grownBytes = memory.stop() - beforeBytes;
  const attacked = await probe.ask("end");
  const { pingP50Ms, pingP99Ms, publishP99Ms } = attacked;
  const ms = (value: number): string => value.toFixed(1);
  process.stdout.write(
    `ping p99 ${ms(idle.pingP99Ms)} -> ${ms(pingP99Ms)} ms (p50 ${ms(pingP50Ms)}), publish p99 ${ms(idle.publishP99Ms)} -> ${ms(publishP99Ms)} ms, memory +${ms(grownBytes / MEGABYTE)} MB\n`,
  );
  return { idle, attacked, grownBytes };
}

/** Checks that the attack stayed within the bounds. */
export function expectUnfelt({ idle, attacked, grownBytes }: Damage): void {
  expect(attacked.faults).toEqual([]);
  expect(attacked.pingP99Ms - idle.pingP99Ms).toBeLessThan(BOUNDS.pingMs);
  expect(attacked.publishP99Ms).toBeLessThan(BOUNDS.publishMs);
  expect(grownBytes).toBeLessThan(BOUNDS.grownBytes);
}

/** Waits until the server has released the memory that an attack took. */
export async function expectMemoryBack(victim: Server, beforeBytes: number): Promise<void> {
  await until(
    () => residentBytes(victim.program.pid) - beforeBytes < BOUNDS.leftBytes,
    "the memory to come back",
  );
}

/** Writes texts as frames, round robin over the clients, at the given rate and for the given time. */
export async function pour(
  clients: readonly FrameClient[],
  texts: Iterator<string>,
  { bytesPerSecond, durationMs }: { readonly bytesPerSecond: number; readonly durationMs: number },
): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  let next = 0;
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= durationMs) return;
    while (sent < (elapsedMs * bytesPerSecond) / 1000) {
      const { value, done } = texts.next();
      if (done === true) return;
      const bytes = frame(value);
      clients[next++ % clients.length]?.tcp.write(bytes);
      sent += bytes.length;
    }
    await Bun.sleep(5);
  }
}

/** The probe's process. */
class Probe {
  readonly #child: Bun.Subprocess;
  #answer = Promise.withResolvers<Felt>();

  private constructor(victim: Server) {
    const { host, port, id, key, secret } = victim;
    const target = JSON.stringify({ channel: PROBE_CHANNEL, host, port, id, key, secret });
    this.#child = Bun.spawn([process.execPath, `${import.meta.dir}/probe.ts`, target], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message: Felt) => this.#answer.resolve(message),
    });
  }

  static async start(scope: Scope, victim: Server): Promise<Probe> {
    const probe = new Probe(victim);
    scope.add(() => probe.#child.kill());
    await within(probe.#answer.promise, "the probe to start");
    return probe;
  }

  async ask(question: "report" | "end"): Promise<Felt> {
    this.#answer = Promise.withResolvers();
    this.#child.send(question);
    return within(this.#answer.promise, "the probe's report");
  }
}
