// Workers: how long a publish takes to reach its last subscriber, and what a delivery costs, with one process and with
// several. Nothing is pinned, in either case: server and load share the cores of the machine.

import { median } from "./histogram.ts";
import { MOST_SUBSCRIBERS, Subscribers } from "./load.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import { measureRound, type Round } from "./rounds.ts";
import { type Plan, type Sender, serverSender, warmUp } from "./senders.ts";
import { figure, milliseconds, printTable, range, say, writeJson } from "./table.ts";
import { startWorkers, type Target } from "./target.ts";
import { Workshop } from "./workshop.ts";

const WARM_UP_PUBLISHES = 20_000;

/** A server, its subscribers, and its rounds so far. */
interface Lane {
  readonly sender: Sender;
  readonly subscribers: Subscribers;
  readonly rounds: Round[];
  readonly stop: () => Promise<void>;
}

/** The figures of one server. */
interface Result {
  readonly name: string;
  readonly lastP50Us: number;
  readonly lastUsOfRounds: readonly number[];
  readonly lastWorstUs: number;
  readonly cpuUsPerDelivery: number;
  readonly cpuUsOfRounds: readonly number[];
  /** CPU time of the subscribers, which share the cores with the server. */
  readonly subscriberUsPerDelivery: number;
  readonly lostCount: number;
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Latency to the last subscriber and cost of a delivery.", {
    workers: [
      "1,2",
      "numbers of workers to compare; the first one is what the others are compared with",
    ],
    subscribers: ["10000", "subscribers of one channel"],
    bytes: ["200", "bytes of the event's data"],
    rate: ["2", "publishes a second"],
    seconds: ["10", "length of a round"],
    rounds: ["5", "rounds of each, alternating"],
  });
  const plan = planFor(options);
  const workshop = new Workshop(false);
  const programs = {
    subscribers: workshop.compile("subscribers"),
    requests: workshop.compile("requests"),
  };
  const lanes: Lane[] = [];
  for (const count of options.numbers["workers"] ?? []) {
    lanes.push(await openLane(workshop, programs, await startWorkers(workshop, count), plan));
    if (options.baseline === undefined) continue;
    const baseline = await startWorkers(workshop, count, options.baseline);
    lanes.push(await openLane(workshop, programs, baseline, plan));
  }
  // Round 0 is a warm-up: the sockets have not been written to before.
  for (let round = 0; round <= oneNumber(options, "rounds"); round += 1)
    for (const { sender, subscribers, rounds } of lanes) {
      const measured = await measureRound(sender, subscribers, plan);
      if (round > 0) rounds.push(measured);
    }
  for (const { subscribers, stop } of lanes) {
    await subscribers.close();
    await stop();
  }
  const results = lanes.map(({ sender: { name }, rounds }) => resultOf(name, rounds));
  print(plan, results);
  await writeJson(options.json, { bench: "workers", plan, results });
}

function planFor(options: Options): Plan {
  const subscriberCount = oneNumber(options, "subscribers");
  if (subscriberCount > MOST_SUBSCRIBERS)
    throw new Error(
      `Cannot hold "${subscriberCount}" subscribers: a process opens 20,000 files at most, it must be ${MOST_SUBSCRIBERS} or fewer`,
    );
  const ratePerSecond = oneNumber(options, "rate");
  const publishCount = Math.max(1, Math.round(ratePerSecond * oneNumber(options, "seconds")));
  return { subscriberCount, bytes: oneNumber(options, "bytes"), ratePerSecond, publishCount };
}

async function openLane(
  workshop: Workshop,
  programs: { readonly subscribers: string; readonly requests: string },
  server: Target,
  { subscriberCount }: Plan,
): Promise<Lane> {
  await warmUp(workshop, programs.requests, server, WARM_UP_PUBLISHES);
  const subscribers = new Subscribers(workshop, programs.subscribers, {
    port: server.port,
    most: subscriberCount,
    channelCount: 1,
    parallelCount: 200,
  });
  await subscribers.open(subscriberCount);
  const sender = serverSender(workshop, programs.requests, server);
  return { sender, subscribers, rounds: [], stop: () => server.stop() };
}

function resultOf(name: string, rounds: readonly Round[]): Result {
  const lasts = rounds.flatMap((round) => round.lasts);
  const costs = rounds.map((round) => round.cpuUsPerDelivery);
  return {
    name,
    lastP50Us: median(lasts),
    lastUsOfRounds: rounds.map((round) => median(round.lasts)),
    lastWorstUs: Math.max(...lasts),
    cpuUsPerDelivery: median(costs),
    cpuUsOfRounds: costs,
    subscriberUsPerDelivery: median(rounds.map((round) => round.subscriberUsPerDelivery)),
    lostCount: rounds.reduce((sum, round) => sum + round.lostCount, 0),
  };
}

function print(plan: Plan, results: readonly Result[]): void {
  const [first] = results;
  say(
    `\n${figure(plan.subscriberCount, 0)} subscribers, ${figure(plan.ratePerSecond, 0)} publishes/s of ${plan.bytes} bytes`,
  );
  printTable([
    [
      "",
      "last ms",
      "rounds",
      "times faster",
      "worst ms",
      "CPU µs/delivery",
      "rounds",
      "times the CPU",
      "subscriber µs",
      "lost",
    ],
    ...results.map((result) => [
      result.name,
      milliseconds(result.lastP50Us),
      range(
        result.lastUsOfRounds.map((us) => us / 1000),
        1,
      ),
      figure((first?.lastP50Us ?? NaN) / result.lastP50Us, 2),
      milliseconds(result.lastWorstUs),
      figure(result.cpuUsPerDelivery, 2),
      range(result.cpuUsOfRounds, 2),
      figure(result.cpuUsPerDelivery / (first?.cpuUsPerDelivery ?? NaN), 2),
      figure(result.subscriberUsPerDelivery, 2),
      figure(result.lostCount, 0),
    ]),
  ]);
  for (const { name, lostCount } of results)
    if (lostCount > 0) say(`  ! ${name}: ${lostCount} deliveries did not arrive`);
}
