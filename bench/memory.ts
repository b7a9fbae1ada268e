// Resident memory of the server per idle socket that is subscribed to one channel. Each layout gets
// a fresh server. A figure is taken when the memory is stable, that is, after garbage collection.
// The kernel's memory for the sockets is not included; it is printed separately.

import { MOST_SUBSCRIBERS, Subscribers } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { figure, printTable, say, writeJson } from "./table.ts";
import { startServers, type Target } from "./target.ts";
import { cpuBetweenNs, kernelSlabBytes, readCpu, residentBytes } from "./usage.ts";
import { Workshop } from "./workshop.ts";

const SAMPLE_MS = 1000;
/** Memory is stable when this many samples in a row are within the tolerance. */
const REST_SAMPLES = 8;
const REST_TOLERANCE = 0.005;

interface Rest {
  readonly residentBytes: number;
  readonly slabBytes: number;
  /** Whether the memory became stable within the time limit. */
  readonly rested: boolean;
}

interface Layout {
  readonly name: string;
  readonly channelCount: number;
  /** Kilobytes (1,024 bytes) from none to all sockets, per socket; includes what the server itself grew by. */
  readonly kilobytesPerSocket: number;
  /** Kilobytes from half to all sockets, per socket of that half: the cost of one more socket. */
  readonly marginalKilobytesPerSocket: number;
  /** Kernel objects of both ends, as a difference for the whole machine. */
  readonly kernelKilobytesPerSocket: number;
  readonly emptyMegabytes: number;
  readonly fullMegabytes: number;
  /** CPU time of an idle second, per socket. */
  readonly idleCpuUsPerSecondPerSocket: number;
  readonly rested: boolean;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Resident memory for each idle, subscribed socket.", {
    sockets: ["10000", "idle sockets, each subscribed to one channel"],
    channels: ["10,1", "channels over which they are spread, a fresh server for each"],
    limit: ["60", "longest wait for the memory to come to rest, in seconds"],
  });
  const count = oneNumber(options, "sockets");
  if (count > MOST_SUBSCRIBERS)
    throw new Error(
      `Cannot hold "${count}" sockets: a process opens 20,000 files at most, it must be ${MOST_SUBSCRIBERS} or fewer`,
    );
  const workshop = new Workshop(options.pin);
  const program = workshop.compile("subscribers");
  const layouts: Layout[] = [];
  for (const channelCount of options.numbers["channels"] ?? []) {
    for (const server of await startServers(workshop, options))
      layouts.push(await measureLayout(workshop, program, server, { options, channelCount }));
  }
  printLayouts(count, layouts);
  await writeJson(options.json, { bench: "memory", options: options.numbers, layouts });
}

async function measureLayout(
  workshop: Workshop,
  program: string,
  server: Target,
  { options, channelCount }: { readonly options: Options; readonly channelCount: number },
): Promise<Layout> {
  const count = oneNumber(options, "sockets");
  const half = Math.floor(count / 2);
  const limitSeconds = oneNumber(options, "limit");
  const empty = await untilAtRest(server.pids, limitSeconds);
  const subscribers = new Subscribers(workshop, program, {
    port: server.port,
    most: count,
    channelCount,
    parallelCount: 100,
  });
  await subscribers.open(half);
  const halfFull = await untilAtRest(server.pids, limitSeconds);
  await subscribers.open(count - half);
  const full = await untilAtRest(server.pids, limitSeconds);
  const idleUs = await idleCpuUsPerSecond(server.pids);
  await subscribers.close();
  await server.stop();
  return {
    name: server.name,
    channelCount,
    kilobytesPerSocket: (full.residentBytes - empty.residentBytes) / count / 1024,
    marginalKilobytesPerSocket:
      (full.residentBytes - halfFull.residentBytes) / (count - half) / 1024,
    kernelKilobytesPerSocket: (full.slabBytes - empty.slabBytes) / count / 1024,
    emptyMegabytes: empty.residentBytes / 1024 / 1024,
    fullMegabytes: full.residentBytes / 1024 / 1024,
    idleCpuUsPerSecondPerSocket: idleUs / count,
    rested: empty.rested && halfFull.rested && full.rested,
  };
}

// The server collects garbage at times of its own; stable memory shows that it has done so.
async function untilAtRest(pids: readonly number[], limitSeconds: number): Promise<Rest> {
  const samples: number[] = [];
  let rested = false;
  for (let second = 0; second < limitSeconds && !rested; second += SAMPLE_MS / 1000) {
    await Bun.sleep(SAMPLE_MS);
    samples.push(residentBytes(pids));
    const recent = samples.slice(-REST_SAMPLES);
    const spread = Math.max(...recent) - Math.min(...recent);
    rested = recent.length === REST_SAMPLES && spread <= REST_TOLERANCE * Math.max(...recent);
  }
  return { residentBytes: samples.at(-1) ?? NaN, slabBytes: kernelSlabBytes(), rested };
}

async function idleCpuUsPerSecond(pids: readonly number[]): Promise<number> {
  const seconds = 5;
  const before = readCpu(pids);
  await Bun.sleep(seconds * 1000);
  return cpuBetweenNs(before, readCpu(pids)) / 1000 / seconds;
}

function printLayouts(count: number, layouts: readonly Layout[]): void {
  say(`\n${figure(count, 0)} idle sockets, each subscribed to one channel`);
  printTable([
    [
      "",
      "channels",
      "KB/socket",
      "KB for one more",
      "kernel KB, both ends",
      "empty MB",
      "full MB",
      "idle CPU µs/s/socket",
    ],
    ...layouts.map((layout) => [
      layout.name,
      figure(layout.channelCount, 0),
      figure(layout.kilobytesPerSocket, 2),
      figure(layout.marginalKilobytesPerSocket, 2),
      figure(layout.kernelKilobytesPerSocket, 1),
      figure(layout.emptyMegabytes, 1),
      figure(layout.fullMegabytes, 1),
      figure(layout.idleCpuUsPerSecondPerSocket, 2),
    ]),
  ]);
  for (const { name, channelCount, rested } of layouts)
    if (!rested)
      say(
        `  ! ${name}, ${channelCount} channels: its memory did not come to rest, use a longer --limit`,
      );
}
