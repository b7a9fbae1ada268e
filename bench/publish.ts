// Signed HTTP publishes a second on one core, with one subscriber. Each request is verified, parsed and
// delivered. First as fast as the connections allow, for cost and rate; then at a fixed rate, for latency.
// The rate of one fully used core is computed from the cost and labelled as extrapolated.

import { type Histogram, median, mergeHistograms, quantile } from "./histogram.ts";
import { sendRequests, Subscribers, writeRequests } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { requestTexts, warmUp } from "./senders.ts";
import { LEAST_PAYLOAD_BYTES } from "./sign.ts";
import { figure, milliseconds, notFull, printTable, range, say, writeJson } from "./table.ts";
import { startServers, type Target } from "./target.ts";
import { cpuBetweenNs, readCpu } from "./usage.ts";
import { Workshop } from "./workshop.ts";

const WARM_UP_PUBLISHES = 20_000;
const ARRIVAL_LIMIT_MS = 5000;

interface Tools {
  readonly workshop: Workshop;
  readonly subscribers: string;
  readonly requests: string;
}

/** Publishes as fast as possible. */
interface Burst {
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly serverCorePercent: number;
  /** Share of the core on which the requests and the subscriber run. */
  readonly loadCorePercent: number;
  readonly lostCount: number;
  readonly latency: Histogram;
}

/** Publishes at a fixed rate. */
interface Steady {
  readonly latency: Histogram;
  readonly delivery: Histogram;
}

interface Lane {
  readonly server: Target;
  readonly bursts: Burst[];
  readonly steadies: Steady[];
}

interface Summary {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly requestsPerSecondOfRounds: readonly number[];
  readonly cpuUsPerRequest: number;
  readonly cpuUsPerRequestOfRounds: readonly number[];
  /** 1,000,000 / cpuUsPerRequest: computed, not measured. */
  readonly extrapolatedPerSecondAtFullCore: number;
  readonly serverCorePercent: number;
  readonly loadCorePercent: number;
  readonly lostCount: number;
  readonly burstP50Us: number;
  readonly burstP99Us: number;
  readonly steadyP50Us: number;
  readonly steadyP99Us: number;
  readonly deliveryP50Us: number;
  readonly deliveryP99Us: number;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Signed HTTP publishes a second on one core.", {
    requests: ["100000", "distinct publishes of a round, sent as fast as they are answered"],
    connections: ["32", "keep-alive connections, one request at a time on each"],
    rate: ["5000", "publishes a second for the latency"],
    seconds: ["3", "length of a round at that rate"],
    bytes: ["200", "bytes of the event's data"],
    rounds: ["3", "rounds of each server, alternating"],
  });
  const bytes = oneNumber(options, "bytes");
  if (bytes < LEAST_PAYLOAD_BYTES)
    throw new Error(
      `Cannot make a payload of "${bytes}" bytes: it must be ${LEAST_PAYLOAD_BYTES} or more`,
    );
  const workshop = new Workshop(options.pin);
  const tools = {
    workshop,
    subscribers: workshop.compile("subscribers"),
    requests: workshop.compile("requests"),
  };
  const summaries = await measure(tools, options);
  printSummaries(options, summaries);
  const numbers = options.numbers;
  const pinned = workshop.serverCore >= 0;
  await writeJson(options.json, { bench: "publish", pinned, options: numbers, targets: summaries });
}

async function measure(tools: Tools, options: Options): Promise<Summary[]> {
  const { workshop } = tools;
  const servers = await startServers(workshop, options);
  const lanes: Lane[] = servers.map((server) => ({ server, bursts: [], steadies: [] }));
  for (const { server } of lanes) await warmUp(workshop, tools.requests, server, WARM_UP_PUBLISHES);
  for (let round = 0; round < oneNumber(options, "rounds"); round += 1)
    for (const { server, bursts, steadies } of lanes) {
      bursts.push(await measureBurst(tools, options, server));
      steadies.push(await measureSteady(tools, options, server));
    }
  for (const server of servers) await server.stop();
  return lanes.map(summarise);
}

async function measureBurst(tools: Tools, options: Options, server: Target): Promise<Burst> {
  const { workshop } = tools;
  const count = oneNumber(options, "requests");
  const file = workshop.filePath("requests");
  const plan = { subscriberCount: 1, bytes: oneNumber(options, "bytes"), publishCount: count };
  // Stamps a microsecond apart make the bodies distinct; here no event is due at a fixed time.
  writeRequests(file, requestTexts({ ...plan, ratePerSecond: 1e6 }, Date.now() * 1000));
  const subscribers = await openOne(tools, server);
  const subscriberBefore = readCpu([subscribers.pid]);
  const before = readCpu(server.pids);
  const answered = await sendRequests(workshop, tools.requests, file, {
    port: server.port,
    connectionCount: oneNumber(options, "connections"),
  });
  const cpuUs = cpuBetweenNs(before, readCpu(server.pids)) / 1000;
  const arrived = await subscribers.waitFor(count, ARRIVAL_LIMIT_MS);
  const subscriberUs = cpuBetweenNs(subscriberBefore, readCpu([subscribers.pid])) / 1000;
  await subscribers.close();
  workshop.remove(file);
  return {
    requestsPerSecond: answered.ok / answered.seconds,
    cpuUsPerRequest: cpuUs / answered.ok,
    serverCorePercent: cpuUs / answered.seconds / 1e4,
    loadCorePercent: (answered.cpuUs + subscriberUs) / answered.seconds / 1e4,
    lostCount: count - arrived,
    latency: answered.latency,
  };
}

async function measureSteady(tools: Tools, options: Options, server: Target): Promise<Steady> {
  const { workshop } = tools;
  const ratePerSecond = oneNumber(options, "rate");
  const publishCount = Math.round(ratePerSecond * oneNumber(options, "seconds"));
  const subscribers = await openOne(tools, server);
  const file = workshop.filePath("requests");
  const startUs = Date.now() * 1000 + 300_000 + publishCount * 40;
  const plan = { subscriberCount: 1, bytes: oneNumber(options, "bytes"), publishCount };
  writeRequests(file, requestTexts({ ...plan, ratePerSecond }, startUs));
  const { latency } = await sendRequests(workshop, tools.requests, file, {
    port: server.port,
    connectionCount: oneNumber(options, "connections"),
    schedule: { startUs, ratePerSecond },
  });
  await subscribers.waitFor(publishCount, ARRIVAL_LIMIT_MS);
  const report = await subscribers.report();
  await subscribers.close();
  workshop.remove(file);
  return { latency, delivery: report.latency };
}

async function openOne(tools: Tools, server: Target): Promise<Subscribers> {
  const subscribers = new Subscribers(tools.workshop, tools.subscribers, {
    port: server.port,
    most: 1,
    channelCount: 1,
    parallelCount: 1,
  });
  await subscribers.open(1);
  return subscribers;
}

function summarise({ server, bursts, steadies }: Lane): Summary {
  const rates = bursts.map((burst) => burst.requestsPerSecond);
  const costs = bursts.map((burst) => burst.cpuUsPerRequest);
  const burst = mergeHistograms(bursts.map((b) => b.latency));
  const steady = mergeHistograms(steadies.map((s) => s.latency));
  const delivery = mergeHistograms(steadies.map((s) => s.delivery));
  return {
    name: server.name,
    requestsPerSecond: median(rates),
    requestsPerSecondOfRounds: rates,
    cpuUsPerRequest: median(costs),
    cpuUsPerRequestOfRounds: costs,
    extrapolatedPerSecondAtFullCore: 1e6 / median(costs),
    serverCorePercent: median(bursts.map((b) => b.serverCorePercent)),
    loadCorePercent: median(bursts.map((b) => b.loadCorePercent)),
    lostCount: bursts.reduce((sum, b) => sum + b.lostCount, 0),
    burstP50Us: quantile(burst, 0.5),
    burstP99Us: quantile(burst, 0.99),
    steadyP50Us: quantile(steady, 0.5),
    steadyP99Us: quantile(steady, 0.99),
    deliveryP50Us: quantile(delivery, 0.5),
    deliveryP99Us: quantile(delivery, 0.99),
  };
}

function printSummaries(options: Options, summaries: readonly Summary[]): void {
  const rate = figure(oneNumber(options, "rate"), 0);
  say(
    `\n${figure(oneNumber(options, "requests"), 0)} signed publishes of ${oneNumber(options, "bytes")} bytes over ${oneNumber(options, "connections")} connections, one subscriber`,
  );
  printTable([
    [
      "",
      "requests/s",
      "rounds",
      "CPU µs/request",
      "rounds",
      "extrapolated/s at a full core",
      "core %",
      "load core %",
      "p50 ms",
      "p99 ms",
      `p50 at ${rate}/s`,
      `p99 at ${rate}/s`,
      `delivery p99 at ${rate}/s`,
      "lost",
    ],
    ...summaries.map((s) => [
      s.name,
      figure(s.requestsPerSecond, 0),
      range(s.requestsPerSecondOfRounds, 0),
      figure(s.cpuUsPerRequest, 2),
      range(s.cpuUsPerRequestOfRounds, 2),
      figure(s.extrapolatedPerSecondAtFullCore, 0),
      figure(s.serverCorePercent, 0),
      figure(s.loadCorePercent, 0),
      milliseconds(s.burstP50Us),
      milliseconds(s.burstP99Us),
      milliseconds(s.steadyP50Us),
      milliseconds(s.steadyP99Us),
      milliseconds(s.deliveryP99Us),
      figure(s.lostCount, 0),
    ]),
  ]);
  for (const { name, serverCorePercent, loadCorePercent, lostCount } of summaries) {
    if (serverCorePercent < 90) say(`  ! ${name}: ${notFull(loadCorePercent)}`);
    if (lostCount > 0) say(`  ! ${name}: ${lostCount} deliveries did not arrive`);
  }
}
