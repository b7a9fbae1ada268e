// The effect of lagging clients on others: the latency of a fan-out with and without subscribers that
// never read. Rounds with and without them alternate on one server. Each round with them opens new ones,
// and its beginning is also shown separately: until their buffers are full they are sent events like all
// others; then they lag, and later they are closed.

import { quantile, mergeHistograms } from "./histogram.ts";
import { Conversation } from "./lines.ts";
import { Subscribers } from "./load.ts";
import { oneNumber, readOptions, runToEnd } from "./options.ts";
import { measureRound, type Round } from "./rounds.ts";
import { type Plan, type Sender, serverSender, warmUp } from "./senders.ts";
import { SOCKET_PATH } from "./sign.ts";
import { figure, milliseconds, printTable, say, writeJson } from "./table.ts";
import { startServer } from "./target.ts";
import { residentBytes } from "./usage.ts";
import { Workshop } from "./workshop.ts";

const CHANNEL = "bench-0";
const WARM_UP_PUBLISHES = 10_000;
const FILL_SECONDS = 2;
/** A subscription takes less than a millisecond; they are made one after the other. */
const READY_LIMIT_MS = 60_000;

/** Rounds of one kind. */
interface Kind {
  readonly name: string;
  readonly rounds: Round[];
  /** The server's memory at the end of each round. */
  readonly bytes: number[];
}

type Kinds = [without: Kind, filling: Kind, slow: Kind];

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Latency of a fan-out, with and without clients that never read.", {
    subscribers: ["100", "subscribers of one channel that read"],
    slow: ["1000", "subscribers of the same channel that never read"],
    bytes: ["4000", "bytes of the event's data"],
    rate: ["100", "publishes a second"],
    seconds: ["60", "length of a round"],
    rounds: ["3", "rounds with slow clients, and as many without"],
  });
  const ratePerSecond = oneNumber(options, "rate");
  const plan: Plan = {
    subscriberCount: oneNumber(options, "subscribers"),
    bytes: oneNumber(options, "bytes"),
    ratePerSecond,
    publishCount: Math.round(ratePerSecond * oneNumber(options, "seconds")),
  };
  const laggingCount = oneNumber(options, "slow");
  const workshop = new Workshop(options.pin);
  const [requests, deaf] = [workshop.compile("requests"), workshop.compile("deaf")];
  const server = await startServer(workshop, options);
  const sender = serverSender(workshop, requests, server);
  await warmUp(workshop, requests, server, WARM_UP_PUBLISHES);
  const subscribers = new Subscribers(workshop, workshop.compile("subscribers"), {
    port: server.port,
    most: plan.subscriberCount,
    channelCount: 1,
    parallelCount: 50,
  });
  await subscribers.open(plan.subscriberCount);

  const setting = { workshop, sender, subscribers, plan };
  const kinds: Kinds = [
    { name: "without", rounds: [], bytes: [] },
    { name: `the first ${FILL_SECONDS} s`, rounds: [], bytes: [] },
    { name: "the rest", rounds: [], bytes: [] },
  ];
  // Round 0 is a warm-up: the sockets have not been written to before.
  for (let round = 0; round <= oneNumber(options, "rounds"); round += 1) {
    const measured = [
      [await measureRound(sender, subscribers, plan), residentBytes(server.pids)] as const,
      ...(await measureBeside(setting, deaf, laggingCount)),
    ];
    for (const [index, [result, bytes]] of measured.entries()) {
      if (round === 0) continue;
      kinds[index]?.rounds.push(result);
      kinds[index]?.bytes.push(bytes);
    }
  }
  await subscribers.close();
  await server.stop();
  print(plan, laggingCount, kinds);
  await writeJson(options.json, { bench: "slow", plan, laggingCount, kinds });
}

interface Setting {
  readonly workshop: Workshop;
  readonly sender: Sender;
  readonly subscribers: Subscribers;
  readonly plan: Plan;
}

/** Two rounds beside the given number of new clients that never read, with the server's memory at the end of each. */
async function measureBeside(
  { workshop, sender, subscribers, plan }: Setting,
  deaf: string,
  count: number,
): Promise<readonly (readonly [round: Round, bytes: number])[]> {
  const command = [deaf, String(sender.port), SOCKET_PATH, String(count), CHANNEL];
  const slow = new Conversation(workshop.startWorker(command, workshop.loadCore));
  await slow.answer(READY_LIMIT_MS);
  const results: [Round, number][] = [];
  const fillCount = Math.round(plan.ratePerSecond * FILL_SECONDS);
  for (const publishCount of [fillCount, Math.max(1, plan.publishCount - fillCount)])
    results.push([
      await measureRound(sender, subscribers, { ...plan, publishCount }),
      residentBytes(sender.pids),
    ]);
  await slow.close();
  return results;
}

function print(plan: Plan, laggingCount: number, [without, filling, slow]: Kinds): void {
  const { subscriberCount, ratePerSecond, bytes } = plan;
  say(
    `\n${figure(subscriberCount, 0)} subscribers that read, ${figure(ratePerSecond, 0)} publishes/s of ${figure(bytes, 0)} bytes`,
  );
  const beside: Kind = {
    name: `beside ${figure(laggingCount, 0)} that never read`,
    rounds: [...filling.rounds, ...slow.rounds],
    bytes: [...filling.bytes, ...slow.bytes],
  };
  const baseUs = quantileUs(without, 0.99);
  printTable([
    ["", "p50 ms", "p99 ms", "ratio of p99", "worst last ms", "core %", "MB", "lost"],
    ...[without, beside, filling, slow].map((kind) => [
      kind.name,
      milliseconds(quantileUs(kind, 0.5)),
      milliseconds(quantileUs(kind, 0.99)),
      figure(quantileUs(kind, 0.99) / baseUs, 2),
      milliseconds(Math.max(...kind.rounds.flatMap(({ lasts }) => lasts))),
      figure(Math.max(...kind.rounds.map(({ senderCorePercent }) => senderCorePercent)), 0),
      figure(Math.max(...kind.bytes) / 1e6, 0),
      figure(Math.max(...kind.rounds.map(({ lostCount }) => lostCount)), 0),
    ]),
  ]);
}

function quantileUs({ rounds }: Kind, portion: number): number {
  return quantile(mergeHistograms(rounds.map(({ latency }) => latency)), portion);
}
