// The local bus: messages a second from one worker to another through the router, the latency at a steady rate, and the
// router's CPU and memory. Three processes of Bun, as in a server with two workers; the router runs in this one.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { heapStats } from "bun:jsc";
import type { Bus } from "../src/cluster/bus.ts";
import { localBus } from "../src/cluster/local/client.ts";
import { Router } from "../src/cluster/local/router.ts";
import { figure, printTable, say, writeJson } from "./table.ts";

const MESSAGE_BYTES = 250;
const TOPIC = "1 private-orders-12345";
const FLOOD_COUNT = 1_000_000;
/** Messages that may be on their way in the flood: enough to keep all three busy. */
const WINDOW = 20_000;
const PER_TURN = 500;
const STEADY_PER_SECOND = 20_000;
const STEADY_SECONDS = 5;
const TOPIC_COUNT = 200_000;

type Order =
  | { readonly kind: "join"; readonly prefix: string; readonly count: number }
  | { readonly kind: "flood"; readonly count: number }
  | { readonly kind: "steady"; readonly count: number };
type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "sent"; readonly ms: number }
  | { readonly kind: "received"; readonly count: number; readonly latenciesUs: Float64Array };

if (process.env["BUS_BENCH_TOKEN"] === undefined) await main();
else await work(process.env["BUS_BENCH_PATH"] ?? "", process.env["BUS_BENCH_TOKEN"]);

/** The process with the router. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fanwire-bench-"));
  const path = join(folder, "bus");
  const router = new Router(path);
  const [sender, receiver] = [new Side(path, router.invite()), new Side(path, router.invite())];
  await Promise.all([sender.hears("ready"), receiver.hears("ready")]);
  await receiver.asked({ kind: "join", prefix: TOPIC, count: 1 }, "ready");
  await sender.asked({ kind: "join", prefix: "own", count: 1 }, "ready");
  const flood = [];
  for (let round = 0; round < 4; round++) flood.push(await measureFlood(sender, receiver));
  const steady = await measureSteady(sender, receiver);
  const bytesPerTopic = await measureTopics(sender);
  const [, ...counted] = flood;
  const best = counted.map(({ perSecond }) => perSecond).toSorted((a, b) => b - a)[1] ?? NaN;
  const cpu = counted.map(({ routerUs }) => routerUs).toSorted((a, b) => a - b)[1] ?? NaN;
  printTable([
    ["", "messages/s", "router µs/message", "p50 ms", "p99 ms"],
    ["flood", figure(best, 0), figure(cpu, 2), "", ""],
    [
      `${figure(STEADY_PER_SECOND, 0)} a second`,
      figure(steady.perSecond, 0),
      figure(steady.routerUs, 2),
      figure(steady.p50Us / 1000, 3),
      figure(steady.p99Us / 1000, 3),
    ],
  ]);
  say(`router: ${figure(bytesPerTopic, 0)} bytes for each of ${figure(TOPIC_COUNT, 0)} topics`);
  await writeJson(process.argv[2], { bench: "bus", flood: counted, steady, bytesPerTopic });
  sender.end();
  receiver.end();
  router.close();
  rmSync(folder, { recursive: true });
  process.exit(0);
}

/** A worker's process, as this one has it. */
class Side {
  readonly #process: Bun.Subprocess;
  #heard: ((report: Report) => void) | null = null;

  constructor(path: string, token: string) {
    this.#process = Bun.spawn([process.execPath, import.meta.path], {
      env: { ...process.env, BUS_BENCH_PATH: path, BUS_BENCH_TOKEN: token },
      stdio: ["ignore", "inherit", "inherit"],
      serialization: "advanced",
      ipc: (report: Report) => this.#heard?.(report),
    });
  }

  tell(order: Order): void {
    this.#process.send(order);
  }

  hears<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    return new Promise((resolve) => {
      this.#heard = (report) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the kind decides the type
        if (report.kind === kind) resolve(report as Extract<Report, { kind: Kind }>);
      };
    });
  }

  async asked(order: Order, kind: Report["kind"]): Promise<void> {
    const heard = this.hears(kind);
    this.tell(order);
    await heard;
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}

interface Flow {
  readonly perSecond: number;
  readonly routerUs: number;
}

async function measureFlood(sender: Side, receiver: Side): Promise<Flow> {
  await receiver.asked({ kind: "flood", count: FLOOD_COUNT }, "ready");
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const received = receiver.hears("received");
  sender.tell({ kind: "flood", count: FLOOD_COUNT });
  await received;
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: FLOOD_COUNT / seconds, routerUs: (user + system) / FLOOD_COUNT };
}

async function measureSteady(
  sender: Side,
  receiver: Side,
): Promise<Flow & { readonly p50Us: number; readonly p99Us: number }> {
  const count = STEADY_PER_SECOND * STEADY_SECONDS;
  await receiver.asked({ kind: "steady", count }, "ready");
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const heard = receiver.hears("received");
  sender.tell({ kind: "steady", count });
  const { latenciesUs } = await heard;
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = latenciesUs.toSorted();
  return {
    perSecond: count / seconds,
    routerUs: (user + system) / count,
    p50Us: sorted[Math.floor(count / 2)] ?? NaN,
    p99Us: sorted[Math.floor(count * 0.99)] ?? NaN,
  };
}

/** Memory of the router for a topic that one worker has joined. */
async function measureTopics(side: Side): Promise<number> {
  Bun.gc(true);
  const before = heapStats().heapSize + heapStats().extraMemorySize;
  await side.asked({ kind: "join", prefix: "1 private-user-", count: TOPIC_COUNT }, "ready");
  Bun.gc(true);
  const after = heapStats().heapSize + heapStats().extraMemorySize;
  return (after - before) / TOPIC_COUNT;
}

/** A worker's process. */
async function work(path: string, token: string): Promise<void> {
  const say = (report: Report): void => void process.send?.(report);
  let expected = 0;
  let received = 0;
  let credit = 0;
  let isSender = false;
  let latencies = new Float64Array(0);
  const bus: Bus = await localBus({ path, token })({
    nodeId: token,
    lost: (reason) => console.error("lost", reason),
    regained: () => {},
    gone: () => {},
    message(topic, text) {
      if (topic === `credit`) {
        credit += Number(text);
        return;
      }
      if (latencies.length > 0)
        latencies[received] = (nowMs() - Number(text.slice(0, text.indexOf(" ")))) * 1000;
      received++;
      if (latencies.length === 0 && received % (WINDOW / 4) === 0)
        bus.publish("credit", String(WINDOW / 4));
      if (received === expected) say({ kind: "received", count: received, latenciesUs: latencies });
    },
  });
  process.on("message", (order: Order) => {
    switch (order.kind) {
      case "join":
        void join(order).then(() => say({ kind: "ready" }));
        return;
      case "flood":
        received = 0;
        expected = order.count;
        latencies = new Float64Array(0);
        if (isSender) void flood(order.count);
        else say({ kind: "ready" });
        return;
      default:
        received = 0;
        expected = order.count;
        latencies = new Float64Array(order.count);
        if (isSender) steady(order.count);
        else say({ kind: "ready" });
    }
  });
  say({ kind: "ready" });

  async function join({ prefix, count }: Extract<Order, { kind: "join" }>): Promise<void> {
    isSender ||= prefix === "own";
    if (isSender) await bus.join("credit");
    if (count === 1) return await bus.join(prefix);
    const joins = Array.from({ length: count }, (_, index) => bus.join(prefix + index));
    await Promise.all(joins);
  }

  async function flood(count: number): Promise<void> {
    const text = "x".repeat(MESSAGE_BYTES);
    credit = WINDOW;
    for (let sent = 0; sent < count;) {
      const now = Math.min(PER_TURN, credit, count - sent);
      for (let index = 0; index < now; index++) bus.publish(TOPIC, text);
      sent += now;
      credit -= now;
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  function steady(count: number): void {
    let sent = 0;
    const startMs = nowMs();
    const timer = setInterval(() => {
      const due = Math.min(count, ((nowMs() - startMs) * STEADY_PER_SECOND) / 1000);
      for (; sent < due; sent++) bus.publish(TOPIC, `${nowMs()} `.padEnd(MESSAGE_BYTES, "x"));
      if (sent >= count) clearInterval(timer);
    }, 1);
  }
}

/** The same clock in all processes. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
