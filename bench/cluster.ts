// Clusters: how long a publish takes to subscribers on the same node and on another one, what it costs, and how many a
// second get through. Nothing is pinned: nodes, broker and load share the cores of the machine.

import { type Histogram, median, quantile } from "./histogram.ts";
import { sendRequests, Subscribers, writeRequests } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { warmUp } from "./senders.ts";
import { payload, publishRequest } from "./sign.ts";
import { startSystems, type System } from "./systems.ts";
import { figure, milliseconds, printTable, range, say, writeJson } from "./table.ts";
import { cpuBetweenNs, readCpu } from "./usage.ts";
import { Workshop } from "./workshop.ts";

const WARM_UP_PUBLISHES = 20_000;
const CONNECTION_COUNT = 32;
/** A generous time to sign a request; the first event is due after all are signed. */
const SIGN_US = 40;
const ARRIVAL_LIMIT_MS = 5000;
/** So that all topics are joined before the first publish. */
const JOINED_MS = 1000;

/** Which nodes have a subscriber on the channels of a publish. */
const INTERESTS = ["none", "other", "all"] as const;
type Interest = (typeof INTERESTS)[number];

/** One system with its subscribers. On the first node the channels from 0 up to N have one each, on the second those up to 2 N. */
interface Lane {
  readonly system: System;
  readonly here: Subscribers;
  /** Null if all processes share a port; then `here` has two subscribers of each of the first N channels. */
  readonly there: Subscribers | null;
  readonly steady: Map<number, Steady[]>;
  readonly costs: Map<Interest, Cost[]>;
  readonly floods: Flood[];
}

interface Steady {
  readonly here: Histogram;
  readonly there: Histogram | null;
  readonly lostCount: number;
}

/** CPU time of a publish. */
interface Cost {
  readonly nodesUs: number;
  readonly brokerUs: number;
}

interface Flood extends Cost {
  readonly perSecond: number;
  readonly lostCount: number;
}

interface Plan {
  readonly subscriberCount: number;
  readonly bytes: number;
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly floodCount: number;
}

interface Bench {
  readonly workshop: Workshop;
  readonly requests: string;
  readonly plan: Plan;
}

/** Events to send: the interest decides on the channels. No rate: as fast as they are answered. */
interface Load {
  readonly interest: Interest;
  readonly count: number;
  readonly ratePerSecond: number | null;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Latency, cost and rate of publishes in a cluster.", {
    subscribers: ["1000", "subscribers on each node, each of a channel of its own"],
    bytes: ["200", "bytes of the event's data"],
    rates: ["200,1000", "publishes a second, a table of latencies for each"],
    seconds: ["5", "length of a round"],
    flood: ["30000", "publishes of a round that are sent as fast as they are answered"],
    rounds: ["3", "rounds of each, alternating"],
  });
  const workshop = new Workshop(false);
  const bench = { workshop, requests: workshop.compile("requests"), plan: planFor(options) };
  const subscribers = workshop.compile("subscribers");
  const lanes: Lane[] = [];
  for (const system of await startSystems(workshop))
    lanes.push(await openLane(bench, subscribers, system));
  await Bun.sleep(JOINED_MS);
  // Round 0 is a warm-up: the sockets have not been written to before.
  for (let round = 0; round <= oneNumber(options, "rounds"); round += 1)
    for (const lane of lanes) await measure(bench, lane, round > 0);
  for (const { system, here, there } of lanes) {
    await here.close();
    await there?.close();
    await system.stop();
  }
  print(bench.plan, lanes);
  await writeJson(options.json, {
    bench: "cluster",
    plan: bench.plan,
    results: lanes.map(resultOf),
  });
}

function planFor(options: Options): Plan {
  return {
    subscriberCount: oneNumber(options, "subscribers"),
    bytes: oneNumber(options, "bytes"),
    rates: options.numbers["rates"] ?? [],
    seconds: oneNumber(options, "seconds"),
    floodCount: oneNumber(options, "flood"),
  };
}

async function openLane(
  { workshop, requests, plan: { subscriberCount } }: Bench,
  program: string,
  system: System,
): Promise<Lane> {
  const [first, second] = system.nodes;
  if (first === undefined) throw new Error(`Cannot measure "${system.name}": it has no node`);
  for (const node of system.nodes) await warmUp(workshop, requests, node, WARM_UP_PUBLISHES);
  const open = async (port: number, count: number, channelCount: number): Promise<Subscribers> => {
    const options = { port, most: count, channelCount, parallelCount: 200 };
    const subscribers = new Subscribers(workshop, program, options);
    await subscribers.open(count);
    return subscribers;
  };
  const twice = 2 * subscriberCount;
  const measured = { system, steady: new Map(), costs: new Map(), floods: [] };
  if (second === undefined)
    return { ...measured, here: await open(first.port, twice, subscriberCount), there: null };
  return {
    ...measured,
    here: await open(first.port, subscriberCount, subscriberCount),
    there: await open(second.port, twice, twice),
  };
}

async function measure(bench: Bench, lane: Lane, counts: boolean): Promise<void> {
  const { rates, seconds, floodCount } = bench.plan;
  const note = <Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void => {
    if (counts) map.getOrInsertComputed(key, () => []).push(value);
  };
  for (const ratePerSecond of rates) {
    const load = {
      interest: "all",
      count: Math.round(ratePerSecond * seconds),
      ratePerSecond,
    } as const;
    const { cost, ...steady } = await measureLoad(bench, lane, load);
    note(lane.steady, ratePerSecond, steady);
    if (ratePerSecond === rates.at(-1)) note(lane.costs, "all", cost);
  }
  const ratePerSecond = rates.at(-1) ?? 1000;
  const count = Math.round(ratePerSecond * seconds);
  for (const interest of lane.there === null ? (["none"] as const) : (["none", "other"] as const)) {
    const { cost } = await measureLoad(bench, lane, { interest, count, ratePerSecond });
    note(lane.costs, interest, cost);
  }
  const interest = lane.there === null ? "all" : "other";
  const load = { interest, count: floodCount, ratePerSecond: null } as const;
  const { cost, lostCount, took } = await measureLoad(bench, lane, load);
  if (counts) lane.floods.push({ ...cost, lostCount, perSecond: floodCount / took });
}

/** Sends the events, and waits for what arrives. `took` are the seconds until the last of them had arrived. */
async function measureLoad(
  { workshop, requests, plan: { bytes, subscriberCount } }: Bench,
  { system, here, there }: Lane,
  { interest, count, ratePerSecond }: Load,
): Promise<Steady & { readonly cost: Cost; readonly took: number }> {
  await here.reset();
  await there?.reset();
  const file = workshop.filePath("requests");
  const startUs = Date.now() * 1000 + 300_000 + count * SIGN_US;
  writeRequests(file, texts());
  const pids = system.nodes.flatMap((node) => node.pids);
  const brokers = system.broker === null ? [] : [system.broker];
  const [before, brokerBefore] = [readCpu(pids), readCpu(brokers)];
  const beganMs = performance.now();
  await sendRequests(workshop, requests, file, {
    port: system.nodes[0]?.port ?? 0,
    connectionCount: CONNECTION_COUNT,
    ...(ratePerSecond === null ? {} : { schedule: { startUs, ratePerSecond } }),
  });
  const expected = { here: 0, there: 0 };
  if (interest === "all") expected.here = there === null ? 2 * count : count;
  if (interest !== "none" && there !== null) expected.there = count;
  let arrived = await here.waitFor(expected.here, ARRIVAL_LIMIT_MS);
  arrived += (await there?.waitFor(expected.there, ARRIVAL_LIMIT_MS)) ?? 0;
  const took = (performance.now() - beganMs) / 1000;
  const cost = {
    nodesUs: cpuBetweenNs(before, readCpu(pids)) / 1000 / count,
    brokerUs: cpuBetweenNs(brokerBefore, readCpu(brokers)) / 1000 / count,
  };
  workshop.remove(file);
  const [local, remote] = [await here.report(), await there?.report()];
  return {
    here: local.latency,
    there: remote?.latency ?? null,
    lostCount: expected.here + expected.there - arrived,
    cost,
    took,
  };

  function* texts(): Generator<string> {
    for (let i = 0; i < count; i += 1) {
      const number = (i % subscriberCount) + (interest === "other" ? subscriberCount : 0);
      const channel = `${interest === "none" ? "nobody" : "bench"}-${number}`;
      const dueUs = ratePerSecond === null ? 0 : Math.floor(startUs + (i * 1e6) / ratePerSecond);
      yield publishRequest(payload(dueUs, bytes), channel);
    }
  }
}

/** The figures of one system, as they go into a file. */
function resultOf({ system, steady, costs, floods }: Lane): object {
  return {
    name: system.name,
    latencies: [...steady].map(([ratePerSecond, rounds]) => ({
      ratePerSecond,
      ...latencyOf(rounds),
    })),
    costs: Object.fromEntries(costs),
    floods,
  };
}

interface Latency {
  readonly hereP50Us: number;
  readonly hereP99Us: number;
  readonly thereP50Us: number;
  readonly thereP99Us: number;
  readonly lostCount: number;
}

/** Medians of the rounds. Where the port is shared, half of the deliveries cross from one worker to the other. */
function latencyOf(rounds: readonly Steady[]): Latency {
  const at = (group: "here" | "there", portion: number): number =>
    median(rounds.map((round) => quantile(round[group] ?? [], portion)));
  return {
    hereP50Us: at("here", 0.5),
    hereP99Us: at("here", 0.99),
    thereP50Us: at("there", 0.5),
    thereP99Us: at("there", 0.99),
    lostCount: rounds.reduce((sum, round) => sum + round.lostCount, 0),
  };
}

function print({ rates, bytes, subscriberCount }: Plan, lanes: readonly Lane[]): void {
  for (const rate of rates) {
    say(
      `\n${figure(rate, 0)} publishes/s of ${bytes} bytes, ${figure(subscriberCount, 0)} channels`,
    );
    printTable([
      ["", "same p50 ms", "p99 ms", "other p50 ms", "p99 ms", "lost"],
      ...lanes.map(({ system, steady }) =>
        latencyRow(system.name, latencyOf(steady.get(rate) ?? [])),
      ),
    ]);
  }
  say(`\nCPU µs of a publish, with a subscriber on these nodes, and of the broker`);
  printTable([
    ["", ...INTERESTS.flatMap((interest) => [interest, "rounds", "broker"])],
    ...lanes.map(({ system, costs }) => [
      system.name,
      ...INTERESTS.flatMap((interest) => costCells(costs.get(interest) ?? [])),
    ]),
  ]);
  say("\nas fast as they are answered, with a subscriber on the other node");
  printTable([
    ["", "publishes/s", "rounds", "CPU µs", "broker µs", "lost"],
    ...lanes.map(({ system, floods }) => [
      system.name,
      figure(median(floods.map((flood) => flood.perSecond)), 0),
      range(
        floods.map((flood) => flood.perSecond),
        0,
      ),
      figure(median(floods.map((flood) => flood.nodesUs)), 1),
      figure(median(floods.map((flood) => flood.brokerUs)), 1),
      figure(
        floods.reduce((sum, flood) => sum + flood.lostCount, 0),
        0,
      ),
    ]),
  ]);
}

function latencyRow(name: string, latency: Latency): readonly string[] {
  const { hereP50Us, hereP99Us, thereP50Us, thereP99Us, lostCount } = latency;
  const times = [hereP50Us, hereP99Us, thereP50Us, thereP99Us].map(milliseconds);
  return [name, ...times, figure(lostCount, 0)];
}

function costCells(costs: readonly Cost[]): readonly string[] {
  if (costs.length === 0) return ["-", "-", "-"];
  const nodes = costs.map((cost) => cost.nodesUs);
  const broker = median(costs.map((cost) => cost.brokerUs));
  return [figure(median(nodes), 1), range(nodes, 1), figure(broker, 1)];
}
