// Connects a second: TCP, upgrade, and the first frame, `pusher:connection_established`. Then all are
// closed with a Close frame. There is one server process; the client makes many connects at once.
// No socket subscribes: the figures do not include subscriptions.

import { type Histogram, median, mergeHistograms, quantile } from "./histogram.ts";
import { MOST_SUBSCRIBERS, Subscribers } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { figure, milliseconds, notFull, printTable, range, say, writeJson } from "./table.ts";
import { startServers, type Target } from "./target.ts";
import { cpuBetweenNs, readCpu } from "./usage.ts";
import { Workshop } from "./workshop.ts";

/** After the client has closed its sockets the server still has to handle the closes. */
const CLOSE_SETTLE_MS = 500;

interface Round {
  readonly connectsPerSecond: number;
  readonly cpuUsPerConnect: number;
  readonly cpuUsPerClose: number;
  readonly serverCorePercent: number;
  readonly clientCorePercent: number;
  readonly latency: Histogram;
}

interface Lane {
  readonly server: Target;
  readonly subscribers: Subscribers;
  readonly rounds: Round[];
}

interface Summary {
  readonly name: string;
  readonly connectsPerSecond: number;
  readonly connectsPerSecondOfRounds: readonly number[];
  readonly cpuUsPerConnect: number;
  readonly cpuUsPerConnectOfRounds: readonly number[];
  readonly cpuUsPerClose: number;
  /** 1,000,000 / cpuUsPerConnect: computed, not measured. */
  readonly extrapolatedPerSecondAtFullCore: number;
  readonly serverCorePercent: number;
  readonly clientCorePercent: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Connects a second, to the first frame, and closes.", {
    connects: ["15000", "sockets opened and then closed in each round"],
    parallel: ["200", "connects on the way at once"],
    rounds: ["3", "rounds of each server, alternating"],
  });
  const count = oneNumber(options, "connects");
  if (count > MOST_SUBSCRIBERS)
    throw new Error(
      `Cannot open "${count}" sockets: a process opens 20,000 files at most, it must be ${MOST_SUBSCRIBERS} or fewer`,
    );
  const workshop = new Workshop(options.pin);
  const summaries = await measure(workshop, options);
  printSummaries(options, summaries);
  const numbers = options.numbers;
  const pinned = workshop.serverCore >= 0;
  await writeJson(options.json, {
    bench: "connects",
    pinned,
    options: numbers,
    targets: summaries,
  });
}

async function measure(workshop: Workshop, options: Options): Promise<Summary[]> {
  const program = workshop.compile("subscribers");
  const count = oneNumber(options, "connects");
  const servers = await startServers(workshop, options);
  const lanes: Lane[] = servers.map((server) => ({
    server,
    subscribers: new Subscribers(workshop, program, {
      port: server.port,
      most: count,
      channelCount: 0,
      parallelCount: oneNumber(options, "parallel"),
    }),
    rounds: [],
  }));
  // Round 0 warms up the server's code and is not counted.
  for (let round = 0; round <= oneNumber(options, "rounds"); round += 1)
    for (const lane of lanes) {
      const measured = await measureRound(lane, count);
      if (round > 0) lane.rounds.push(measured);
    }
  for (const { server, subscribers } of lanes) {
    await subscribers.close();
    await server.stop();
  }
  return lanes.map(summarise);
}

async function measureRound({ server, subscribers }: Lane, count: number): Promise<Round> {
  const clientBefore = readCpu([subscribers.pid]);
  const before = readCpu(server.pids);
  const opened = await subscribers.open(count);
  const after = readCpu(server.pids);
  const clientUs = cpuBetweenNs(clientBefore, readCpu([subscribers.pid])) / 1000;
  await subscribers.closeAll();
  await Bun.sleep(CLOSE_SETTLE_MS);
  const connectUs = cpuBetweenNs(before, after) / 1000;
  return {
    connectsPerSecond: count / opened.seconds,
    cpuUsPerConnect: connectUs / count,
    cpuUsPerClose: cpuBetweenNs(after, readCpu(server.pids)) / 1000 / count,
    serverCorePercent: connectUs / opened.seconds / 1e4,
    clientCorePercent: clientUs / opened.seconds / 1e4,
    latency: opened.latency,
  };
}

function summarise({ server, rounds }: Lane): Summary {
  const rates = rounds.map((round) => round.connectsPerSecond);
  const costs = rounds.map((round) => round.cpuUsPerConnect);
  const latency = mergeHistograms(rounds.map((round) => round.latency));
  return {
    name: server.name,
    connectsPerSecond: median(rates),
    connectsPerSecondOfRounds: rates,
    cpuUsPerConnect: median(costs),
    cpuUsPerConnectOfRounds: costs,
    cpuUsPerClose: median(rounds.map((round) => round.cpuUsPerClose)),
    extrapolatedPerSecondAtFullCore: 1e6 / median(costs),
    serverCorePercent: median(rounds.map((round) => round.serverCorePercent)),
    clientCorePercent: median(rounds.map((round) => round.clientCorePercent)),
    p50Us: quantile(latency, 0.5),
    p99Us: quantile(latency, 0.99),
  };
}

function printSummaries(options: Options, summaries: readonly Summary[]): void {
  say(
    `\n${figure(oneNumber(options, "connects"), 0)} connects, ${oneNumber(options, "parallel")} at once, one server process`,
  );
  printTable([
    [
      "",
      "connects/s",
      "rounds",
      "CPU µs/connect",
      "rounds",
      "CPU µs/close",
      "extrapolated/s at a full core",
      "core %",
      "client core %",
      "p50 ms",
      "p99 ms",
    ],
    ...summaries.map((s) => [
      s.name,
      figure(s.connectsPerSecond, 0),
      range(s.connectsPerSecondOfRounds, 0),
      figure(s.cpuUsPerConnect, 1),
      range(s.cpuUsPerConnectOfRounds, 1),
      figure(s.cpuUsPerClose, 1),
      figure(s.extrapolatedPerSecondAtFullCore, 0),
      figure(s.serverCorePercent, 0),
      figure(s.clientCorePercent, 0),
      milliseconds(s.p50Us),
      milliseconds(s.p99Us),
    ]),
  ]);
  for (const { name, serverCorePercent, clientCorePercent } of summaries)
    if (serverCorePercent < 90) say(`  ! ${name}: ${notFull(clientCorePercent)}`);
}
