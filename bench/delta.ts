// Savings and cost of delta compression: bytes of a message on the wire, and CPU time
// of a delivery compared with whole messages. Also the cost of a publish that most subscribers filter out.
// All modes use one server and the same sockets, which move to another subscription between rounds, so
// that modes differ only in the subscription and not in the process or its memory.

import { join } from "node:path";
import {
  costsOf,
  type FeedSavings,
  type Figures,
  goalsOf,
  type Lane,
  type PlanCosts,
  printCosts,
  printFiltered,
  printGoals,
  printSavings,
  savingsOf,
} from "./delta-figures.ts";
import { type Feed, type Feeds, makeFeeds } from "./feeds.ts";
import { MOST_SUBSCRIBERS, Subscribers } from "./load.ts";
import {
  type Bench,
  FILTER_COUNT,
  FILTERED,
  KEYED,
  measureMode,
  type Mode,
  MODES,
} from "./modes.ts";
import { oneNumber, type Options, readOptions, runToEnd } from "./options.ts";
import type { Round } from "./rounds.ts";
import { type Plan, warmUp } from "./senders.ts";
import { APP } from "./sign.ts";
import { writeJson } from "./table.ts";
import { startServer } from "./target.ts";
import { Workshop } from "./workshop.ts";

const EXECUTABLE = join(import.meta.dir, "../dist/fanwire");
const ARGUMENTS = ["serve", "--config", "{config}", "--host", "127.0.0.1", "--port", "{port}"];

const COUNTS: readonly number[] = [1, 100, 1000, 10_000];
const DELIVERIES_PER_SECOND = 50_000;
const MOST_PUBLISHES_PER_SECOND = 500;
/** Events of one round. Must be fewer than the messages of a stream. */
const MOST_PUBLISHES = 990;
/** Publishes a second where only bytes are measured. */
const FAST_PUBLISHES_PER_SECOND = 2000;
const FILTERED_PUBLISHES_PER_SECOND = 200;
const WARM_UP_PUBLISHES = 20_000;

/** A mode, its feed, and its rounds. */
interface OpenLane {
  readonly mode: Mode;
  readonly feed: Feed;
  readonly rounds: Round[];
}

await runToEnd(main);

async function main(): Promise<void> {
  const options = readOptions("Bytes and processor cost of delta compression and of filters.", {
    subscribers: [
      "",
      `subscribers of one channel, a table for each count (default: ${COUNTS.join(",")})`,
    ],
    seconds: ["2", "length of a round"],
    rounds: ["5", "rounds of each mode, alternating"],
  });
  const given = options.numbers["subscribers"] ?? [];
  const counts = (given.length > 0 ? given : COUNTS).toSorted((a, b) => a - b);
  const most = counts.at(-1) ?? 1;
  if (most > MOST_SUBSCRIBERS)
    throw new Error(
      `Cannot hold "${most}" subscribers: a process opens 20,000 files at most, it must be ${MOST_SUBSCRIBERS} or fewer`,
    );
  const workshop = new Workshop(options.pin);
  const bench = await openBench(workshop, options, most);
  const feeds = makeFeeds();
  const savings = await measureSavings(bench, feeds);
  printSavings(savings);
  const costs: PlanCosts[] = [];
  for (const count of counts) {
    const measured = await measureCosts(bench, feeds, options, count);
    printCosts(measured);
    costs.push(measured);
  }
  // Each filter gets the same number of subscribers.
  const filtered = most % FILTER_COUNT === 0 ? await measureFiltered(bench, feeds, options) : null;
  if (filtered !== null) printFiltered(filtered);
  await bench.subscribers.close();
  await bench.server.stop();
  const goals = goalsOf({ savings, costs, filtered });
  printGoals(goals);
  const pinned = workshop.serverCore >= 0;
  await writeJson(options.json, { bench: "delta", pinned, savings, costs, filtered, goals });
}

async function openBench(workshop: Workshop, options: Options, most: number): Promise<Bench> {
  const requests = workshop.compile("requests");
  const program = workshop.compile("subscribers");
  const server = await startServer(workshop, {
    ...options,
    server: await serverCommand(workshop, options.server),
  });
  await warmUp(workshop, requests, server, WARM_UP_PUBLISHES);
  const subscribers = new Subscribers(workshop, program, {
    port: server.port,
    most,
    channelCount: 0,
    parallelCount: 200,
  });
  return { workshop, requests, server, subscribers };
}

// The configuration: the app, a limit for large events, and the conflation key of one channel.
async function serverCommand(
  workshop: Workshop,
  given: readonly string[],
): Promise<readonly string[]> {
  const file = workshop.filePath("config.json");
  const app = {
    ...APP,
    max_event_payload_in_kb: 64,
    channel_delta_compression: { [KEYED.channel]: { conflation_key: "symbol" } },
  };
  await Bun.write(file, JSON.stringify({ apps: [app] }));
  const words = given.length > 0 ? given : [EXECUTABLE, ...ARGUMENTS];
  return words.map((word) => word.replaceAll("{config}", file));
}

async function measureSavings(bench: Bench, feeds: Feeds): Promise<Figures["savings"]> {
  await holdSubscribers(bench, 1);
  return {
    quotes: await measureSaving(bench, feeds.quotes),
    book: await measureSaving(bench, feeds.book),
    plainBook: await measureSaving(bench, feeds.plainBook),
    books: await measureSaving(bench, feeds.books),
    game: await measureSaving(bench, feeds.game),
  };
}

// One subscriber and one round are enough: the frames depend on neither.
async function measureSaving(bench: Bench, feed: Feed): Promise<FeedSavings> {
  const plan = planFor(feed, 1, FAST_PUBLISHES_PER_SECOND, MOST_PUBLISHES);
  const lanes: Lane[] = [];
  for (const mode of MODES)
    lanes.push({ mode, rounds: [await measureMode(bench, mode, { feed, from: 0 }, plan)] });
  return savingsOf(feed, lanes);
}

async function measureCosts(
  bench: Bench,
  { book, books }: Feeds,
  options: Options,
  subscriberCount: number,
): Promise<PlanCosts> {
  await holdSubscribers(bench, subscriberCount);
  const even = Math.max(1, Math.round(DELIVERIES_PER_SECOND / subscriberCount));
  const ratePerSecond = Math.min(even, MOST_PUBLISHES_PER_SECOND);
  const plan = planFor(book, subscriberCount, ratePerSecond, publishesOf(options, ratePerSecond));
  const lanes = MODES.map((mode) => ({ mode, feed: mode === KEYED ? books : book, rounds: [] }));
  await measureTurns(bench, lanes, plan, oneNumber(options, "rounds"));
  return { plan, costs: costsOf(lanes) };
}

async function measureFiltered(
  bench: Bench,
  { book }: Feeds,
  options: Options,
): Promise<PlanCosts> {
  const ratePerSecond = FILTERED_PUBLISHES_PER_SECOND;
  const receiverCount = bench.subscribers.count / FILTER_COUNT;
  const plan = planFor(book, receiverCount, ratePerSecond, publishesOf(options, ratePerSecond));
  const lanes = [{ mode: FILTERED, feed: book, rounds: [] }];
  await measureTurns(bench, lanes, plan, oneNumber(options, "rounds"));
  return { plan, costs: costsOf(lanes) };
}

/** Measures each lane in each turn, beginning with a different one. The first turn is not counted. */
async function measureTurns(
  bench: Bench,
  lanes: readonly OpenLane[],
  plan: Plan,
  turnCount: number,
): Promise<void> {
  for (let turn = 0; turn <= turnCount; turn += 1) {
    const first = turn % lanes.length;
    for (const { mode, feed, rounds } of [...lanes.slice(first), ...lanes.slice(0, first)]) {
      const from = turn * plan.publishCount;
      const round = await measureMode(bench, mode, { feed, from }, plan);
      if (turn > 0) rounds.push(round);
    }
  }
}

async function holdSubscribers({ subscribers }: Bench, count: number): Promise<void> {
  if (count > subscribers.count) await subscribers.open(count - subscribers.count);
}

function planFor(
  { messages }: Feed,
  subscriberCount: number,
  ratePerSecond: number,
  publishCount: number,
): Plan {
  const bytes = messages.reduce((sum, text) => sum + text.length, 0) / messages.length;
  return { subscriberCount, bytes, ratePerSecond, publishCount };
}

function publishesOf(options: Options, ratePerSecond: number): number {
  const count = Math.round(ratePerSecond * oneNumber(options, "seconds"));
  return Math.max(1, Math.min(MOST_PUBLISHES, count));
}
