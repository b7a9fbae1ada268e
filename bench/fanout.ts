// Fan-out: CPU time of the server per delivery, compared with the floor that the kernel
// sets, which a C program with one send() per subscriber measures in alternate rounds.
// The rate is the same for all and below every server's limit: this measures cost and latency, not capacity.

import { MOST_SUBSCRIBERS, Subscribers } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { measureRound, type Round, summarise, type Summary } from "./rounds.ts";
import { type Plan, type Sender, serverSender, startFloor, warmUp } from "./senders.ts";
import { LEAST_PAYLOAD_BYTES } from "./sign.ts";
import { figure, milliseconds, printTable, range, say, writeJson } from "./table.ts";
import { startServers } from "./target.ts";
import { Workshop } from "./workshop.ts";

/** Deliveries a second if no rate is given; below the limit of every server here. */
const DELIVERIES_PER_SECOND = 50_000;
const WARM_UP_PUBLISHES = 20_000;
const LONE_RATE_PER_SECOND = 1000;
const LONE_SECONDS = 2;

interface Tools {
  readonly workshop: Workshop;
  readonly subscribers: string;
  readonly requests: string;
  readonly floor: string;
}

/** A sender, its subscribers, and its rounds so far. */
interface Lane {
  readonly sender: Sender;
  readonly subscribers: Subscribers;
  readonly rounds: Round[];
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions(
    "Processor cost and latency of a fan-out, beside the kernel's floor.",
    {
      subscribers: ["1000,10000", "subscribers of one channel, a table for each count"],
      bytes: ["200", "bytes of the event's data"],
      rate: ["", `publishes a second (default: ${DELIVERIES_PER_SECOND} deliveries a second)`],
      seconds: ["5", "length of a round"],
      rounds: ["3", "rounds of each server and of the floor, alternating"],
    },
  );
  const plans = (options.numbers["subscribers"] ?? []).map((count) => planFor(options, count));
  const workshop = new Workshop(options.pin);
  const tools = {
    workshop,
    subscribers: workshop.compile("subscribers"),
    requests: workshop.compile("requests"),
    floor: workshop.compile("floor"),
  };
  const results = [];
  for (const plan of plans) {
    const targets = await measurePlan(tools, options, plan);
    printSummaries(plan, targets);
    results.push({ ...plan, targets });
  }
  await writeJson(options.json, { bench: "fanout", pinned: workshop.serverCore >= 0, results });
}

function planFor(options: Options, subscriberCount: number): Plan {
  const bytes = oneNumber(options, "bytes");
  if (bytes < LEAST_PAYLOAD_BYTES)
    throw new Error(
      `Cannot make a payload of "${bytes}" bytes: it must be ${LEAST_PAYLOAD_BYTES} or more`,
    );
  if (subscriberCount > MOST_SUBSCRIBERS)
    throw new Error(
      `Cannot hold "${subscriberCount}" subscribers: a process opens 20,000 files at most, it must be ${MOST_SUBSCRIBERS} or fewer`,
    );
  const even = Math.max(1, Math.round(DELIVERIES_PER_SECOND / subscriberCount));
  const ratePerSecond = options.numbers["rate"]?.[0] ?? even;
  const publishCount = Math.max(1, Math.round(ratePerSecond * oneNumber(options, "seconds")));
  return { subscriberCount, bytes, ratePerSecond, publishCount };
}

async function measurePlan(tools: Tools, options: Options, plan: Plan): Promise<Summary[]> {
  const { workshop } = tools;
  const servers = await startServers(workshop, options);
  const loneCosts = new Map<string, number>();
  const lanes: Lane[] = [];
  for (const server of servers) {
    const sender = serverSender(workshop, tools.requests, server);
    await warmUp(workshop, tools.requests, server, WARM_UP_PUBLISHES);
    loneCosts.set(sender.name, await measureLone(tools, sender, plan));
    lanes.push(await openLane(tools, sender, plan.subscriberCount));
  }
  const floor = await startFloor(workshop, tools.floor, plan.bytes);
  const floorLane = await openLane(tools, floor.sender, plan.subscriberCount);
  lanes.push(floorLane);

  // Round 0 is a warm-up: the sockets have not been written to before.
  for (let round = 0; round <= oneNumber(options, "rounds"); round += 1)
    for (const { sender, subscribers, rounds } of lanes) {
      const measured = await measureRound(sender, subscribers, plan);
      if (round > 0) rounds.push(measured);
    }

  for (const lane of lanes) await lane.subscribers.close();
  await floor.close();
  for (const server of servers) await server.stop();
  return lanes.map(({ sender: { name }, rounds }) =>
    summarise(name, rounds, floorLane.rounds, loneCosts.get(name) ?? NaN),
  );
}

async function openLane(tools: Tools, sender: Sender, count: number): Promise<Lane> {
  const subscribers = new Subscribers(tools.workshop, tools.subscribers, {
    port: sender.port,
    most: count,
    channelCount: 1,
    parallelCount: 200,
  });
  await subscribers.open(count);
  return { sender, subscribers, rounds: [] };
}

// The cost of a publish to a single subscriber: the part of the cost that is not delivery.
async function measureLone(tools: Tools, sender: Sender, plan: Plan): Promise<number> {
  const { subscribers } = await openLane(tools, sender, 1);
  const round = await measureRound(sender, subscribers, {
    subscriberCount: 1,
    bytes: plan.bytes,
    ratePerSecond: LONE_RATE_PER_SECOND,
    publishCount: LONE_RATE_PER_SECOND * LONE_SECONDS,
  });
  await subscribers.close();
  return round.cpuUsPerPublish;
}

function printSummaries(plan: Plan, summaries: readonly Summary[]): void {
  const { subscriberCount, ratePerSecond, bytes } = plan;
  say(
    `\n${figure(subscriberCount, 0)} subscribers, ${figure(ratePerSecond, 0)} publishes/s of ${bytes} bytes = ${figure(subscriberCount * ratePerSecond, 0)} deliveries/s`,
  );
  printTable([
    [
      "",
      "CPU µs/delivery",
      "rounds",
      "ratio to floor",
      "rounds",
      "p50 ms",
      "p99 ms",
      "last ms",
      "worst last ms",
      "lone publish µs",
      "core %",
      "client core %",
      "frame bytes",
      "lost",
    ],
    ...summaries.map((s) => [
      s.name,
      figure(s.cpuUsPerDelivery, 2),
      range(s.cpuUsPerDeliveryOfRounds, 2),
      figure(s.ratioToFloor, 2),
      range(s.ratioToFloorOfRounds, 2),
      milliseconds(s.p50Us),
      milliseconds(s.p99Us),
      milliseconds(s.lastP50Us),
      milliseconds(s.lastWorstUs),
      figure(s.loneCpuUsPerPublish, 1),
      figure(s.senderCorePercent, 0),
      figure(s.subscriberCorePercent, 0),
      figure(s.frameBytes, 0),
      figure(s.lostCount, 0),
    ]),
  ]);
  for (const warning of warnings(plan, summaries)) say(`  ! ${warning}`);
}

// A figure that is limited by the load must be marked.
function warnings(plan: Plan, summaries: readonly Summary[]): readonly string[] {
  const intervalUs = 1e6 / plan.ratePerSecond;
  const floorBytes = summaries.at(-1)?.frameBytes ?? NaN;
  return summaries.flatMap((s) => {
    const found = [];
    if (s.lostCount > 0) found.push(`${s.name}: ${s.lostCount} deliveries did not arrive`);
    if (s.frameBytes !== floorBytes)
      found.push(`${s.name}: frames of ${s.frameBytes} bytes, the floor's have ${floorBytes}`);
    if (s.senderCorePercent > 90) found.push(`${s.name}: its core is full, lower --rate`);
    if (s.senderWaitedPercent > 5)
      found.push(
        `${s.name}: it waited ${figure(s.senderWaitedPercent, 0)} % of the time for a core that something else was using, so the latencies are too long`,
      );
    if (s.subscriberCorePercent > 80) found.push(`${s.name}: the subscribers' core is nearly full`);
    if (s.publishLateUs > Math.max(intervalUs, 20_000))
      found.push(`${s.name}: a publish left ${milliseconds(s.publishLateUs)} ms late`);
    return found;
  });
}
