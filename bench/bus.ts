// The local bus: messages a second from one worker to another through the router, the latency at a steady rate, and the
// router's CPU and memory. Three processes of Bun, as in a server with two workers; the router runs in this one.

import { heapStats } from "bun:jsc";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Router } from "../src/cluster/local/router.ts";
import { MESSAGE_BYTES, type Order, type Report, STEADY_PER_SECOND, TOPIC } from "./bus-side.ts";
import { median } from "./histogram.ts";
import { oneNumber, readOptions, runToEnd } from "./options.ts";
import { figure, milliseconds, printTable, say, writeJson } from "./table.ts";

/** A worker's process. */
class Side {
  readonly #process: Bun.Subprocess;
  #heard: ((report: Report) => void) | null = null;

  constructor(path: string, token: string) {
    this.#process = Bun.spawn(
      [process.execPath, join(import.meta.dir, "bus-side.ts"), path, token],
      {
        stdio: ["ignore", "inherit", "inherit"],
        serialization: "advanced",
        ipc: (report: Report) => this.#heard?.(report),
      },
    );
  }

  tell(order: Order): void {
    this.#process.send(order);
  }

  /** The next report. */
  hear(): Promise<Report> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  async ask(order: Order): Promise<Report> {
    const heard = this.hear();
    this.tell(order);
    return await heard;
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}

interface Flow {
  readonly perSecond: number;
  readonly routerUs: number;
  readonly latenciesUs: Float64Array;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Rate, latency and cost of the bus between two workers.", {
    messages: ["1000000", "messages of a flood"],
    rounds: ["3", "floods, after one that warms up"],
    seconds: ["5", "length of the steady flow"],
    topics: ["200000", "topics whose memory is measured"],
  });
  const folder = mkdtempSync(join(tmpdir(), "fanwire-bench-"));
  const path = join(folder, "bus");
  const router = new Router(path);
  const [sender, receiver] = [new Side(path, router.invite()), new Side(path, router.invite())];
  await Promise.all([sender.hear(), receiver.hear()]);
  await receiver.ask({ kind: "join", topics: [TOPIC] });
  await sender.ask({ kind: "join", topics: ["credit"] });
  const floods: Flow[] = [];
  for (let round = 0; round <= oneNumber(options, "rounds"); round++) {
    const flow = await measure(sender, receiver, "flood", oneNumber(options, "messages"));
    if (round > 0) floods.push(flow);
  }
  const steadyCount = STEADY_PER_SECOND * oneNumber(options, "seconds");
  const steady = await measure(sender, receiver, "steady", steadyCount);
  const topicCount = oneNumber(options, "topics");
  const bytesPerTopic = await measureTopics(sender, topicCount);
  sender.end();
  receiver.end();
  router.close();
  rmSync(folder, { recursive: true });
  const results = { ...summary(floods, steady), bytesPerTopic };
  print(results, topicCount);
  await writeJson(options.json, { bench: "bus", ...results });
}

/** Sends that many messages from one side to the other. */
async function measure(
  sender: Side,
  receiver: Side,
  kind: "flood" | "steady",
  count: number,
): Promise<Flow> {
  await receiver.ask({ kind: "receive", count, isTimed: kind === "steady" });
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const received = receiver.hear();
  sender.tell({ kind, count });
  const report = await received;
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: count / seconds,
    routerUs: (user + system) / count,
    latenciesUs: report.kind === "received" ? report.latenciesUs : new Float64Array(0),
  };
}

/** Memory of the router for a topic that one worker has joined. */
async function measureTopics(side: Side, count: number): Promise<number> {
  const before = heapBytes();
  await side.ask({ kind: "join many", prefix: "1 private-user-", count });
  return (heapBytes() - before) / count;
}

function heapBytes(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}

interface Results {
  readonly floodPerSecond: number;
  readonly floodRouterUs: number;
  readonly steadyPerSecond: number;
  readonly steadyRouterUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

function summary(floods: readonly Flow[], steady: Flow): Results {
  const sorted = steady.latenciesUs.toSorted();
  const at = (portion: number): number => sorted[Math.floor(sorted.length * portion)] ?? NaN;
  return {
    floodPerSecond: median(floods.map(({ perSecond }) => perSecond)),
    floodRouterUs: median(floods.map(({ routerUs }) => routerUs)),
    steadyPerSecond: steady.perSecond,
    steadyRouterUs: steady.routerUs,
    p50Us: at(0.5),
    p99Us: at(0.99),
  };
}

function print(results: Results & { readonly bytesPerTopic: number }, topicCount: number): void {
  printTable([
    [`messages of ${MESSAGE_BYTES} bytes`, "a second", "router CPU µs", "p50 ms", "p99 ms"],
    [
      "as many as it carries",
      figure(results.floodPerSecond, 0),
      figure(results.floodRouterUs, 2),
      "",
      "",
    ],
    [
      "at a steady rate",
      figure(results.steadyPerSecond, 0),
      figure(results.steadyRouterUs, 2),
      milliseconds(results.p50Us),
      milliseconds(results.p99Us),
    ],
  ]);
  say(
    `router: ${figure(results.bytesPerTopic, 0)} bytes for each of ${figure(topicCount, 0)} topics with one worker`,
  );
}
