// Evaluates the rounds of the delta bench: bytes saved, cost compared with whole messages, and
// whether the goals are met. It takes no measurements.

import type { Feed, Feeds } from "./feeds.ts";
import { median } from "./histogram.ts";
import type { Sizes } from "./load.ts";
import { FILTER_COUNT, type Mode } from "./modes.ts";
import type { Round } from "./rounds.ts";
import type { Plan } from "./senders.ts";
import { figure, milliseconds, printTable, range, say } from "./table.ts";

/** Upper bound for the bytes of a small update. */
const SMALL_BYTES = 80;
/** With fewer subscribers most of the cost is the publish itself. */
const LEAST_FAN_OUT = 100;

/** The bytes of one feed in one mode. */
export interface Saving {
  readonly mode: string;
  /** Mean of all frames, headers included. */
  readonly frameBytes: number;
  readonly savedPercent: number;
  readonly wholePercent: number;
  /** Mean of the deltas only, headers included, and the share that is small. NaN if there are none. */
  readonly deltaBytes: number;
  readonly smallPercent: number;
}

/** The bytes of one feed in all modes, plain first. */
export interface FeedSavings {
  readonly feed: string;
  readonly dataBytes: number;
  readonly savings: readonly Saving[];
}

/** A mode and its rounds. */
export interface Lane {
  readonly mode: Mode;
  readonly rounds: readonly Round[];
}

/** The cost of one mode. Medians of the rounds, unless noted otherwise. */
export interface Cost {
  readonly mode: string;
  readonly frameBytes: number;
  readonly cpuUsPerDelivery: number;
  readonly cpuUsPerDeliveryOfRounds: readonly number[];
  /** Median of the ratios to the plain round of the same turn. */
  readonly ratioToPlain: number;
  readonly ratioToPlainOfRounds: readonly number[];
  readonly cpuUsPerPublish: number;
  readonly cpuUsPerPublishOfRounds: readonly number[];
  readonly serverCorePercent: number;
  readonly serverWaitedPercent: number;
  readonly subscriberCorePercent: number;
  /** Of all rounds. */
  readonly lostCount: number;
  /** The worst of all rounds. */
  readonly publishLateUs: number;
}

/** All results of the bench. */
export interface Figures {
  readonly savings: Readonly<Record<keyof Feeds, FeedSavings>>;
  /** By number of subscribers. */
  readonly costs: readonly PlanCosts[];
  /** Null if the subscribers cannot be distributed evenly. */
  readonly filtered: PlanCosts | null;
}

/** The costs of all modes with a number of subscribers, plain first. */
export interface PlanCosts {
  readonly plan: Plan;
  readonly costs: readonly Cost[];
}

/** A figure and the lower or upper bound that it should meet. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly at: "least" | "most";
  readonly bound: number;
}

/** Evaluates one round of each mode. */
export function savingsOf({ name, messages }: Feed, lanes: readonly Lane[]): FeedSavings {
  const plainBytes = lanes[0]?.rounds[0]?.frameBytes ?? NaN;
  const savings = lanes.flatMap(({ mode, rounds }) =>
    rounds.map((round) => ({
      mode: mode.name,
      frameBytes: round.frameBytes,
      savedPercent: 100 - (100 * round.frameBytes) / plainBytes,
      wholePercent: 100 - (100 * round.deltaCount) / round.deliveryCount,
      deltaBytes: meanBytes(round.deltaSizes),
      smallPercent: percentBelow(SMALL_BYTES, round.deltaSizes),
    })),
  );
  const dataBytes = messages.reduce((sum, text) => sum + text.length, 0) / messages.length;
  return { feed: name, dataBytes, savings };
}

/** Evaluates the rounds of each mode. Rounds with the same index belong to the same turn. */
export function costsOf(lanes: readonly Lane[]): readonly Cost[] {
  const [plain] = lanes;
  return lanes.map(({ mode, rounds }) => {
    const perDelivery = rounds.map((round) => round.cpuUsPerDelivery);
    const perPublish = rounds.map((round) => round.cpuUsPerPublish);
    const ratios = perDelivery.map(
      (us, turn) => us / (plain?.rounds[turn]?.cpuUsPerDelivery ?? NaN),
    );
    return {
      mode: mode.name,
      frameBytes: median(rounds.map((round) => round.frameBytes)),
      cpuUsPerDelivery: median(perDelivery),
      cpuUsPerDeliveryOfRounds: perDelivery,
      ratioToPlain: median(ratios),
      ratioToPlainOfRounds: ratios,
      cpuUsPerPublish: median(perPublish),
      cpuUsPerPublishOfRounds: perPublish,
      serverCorePercent: median(rounds.map((round) => round.senderCorePercent)),
      serverWaitedPercent: median(rounds.map((round) => round.senderWaitedPercent)),
      subscriberCorePercent: median(rounds.map((round) => round.subscriberCorePercent)),
      lostCount: rounds.reduce((sum, round) => sum + round.lostCount, 0),
      publishLateUs: Math.max(...rounds.map((round) => round.publishLateUs)),
    };
  });
}

function percentBelow(bytes: number, sizes: Sizes): number {
  return (100 * frameCount(sizes.filter(([size]) => size < bytes))) / frameCount(sizes);
}

function meanBytes(sizes: Sizes): number {
  return sizes.reduce((sum, [size, count]) => sum + size * count, 0) / frameCount(sizes);
}

function frameCount(sizes: Sizes): number {
  return sizes.reduce((sum, [, count]) => sum + count, 0);
}

/** Prints a row for each feed. */
export function printSavings(savings: Figures["savings"]): void {
  const rows = Object.values(savings);
  say("\nBytes of a message on the wire, head of its frame included, and what they save of plain");
  printTable([
    [
      "",
      "data",
      ...(rows[0]?.savings ?? []).map(({ mode }) => mode),
      "whole",
      "fossil delta",
      "compact delta",
      `below ${SMALL_BYTES} bytes`,
    ],
    ...rows.map((row) => [
      row.feed,
      figure(row.dataBytes, 0),
      ...row.savings.map(({ frameBytes, savedPercent }) =>
        savedPercent === 0
          ? figure(frameBytes, 0)
          : `${figure(frameBytes, 0)} (${figure(savedPercent, 1)} %)`,
      ),
      `${figure(savingIn(row, "fossil").wholePercent, 1)} %`,
      figure(savingIn(row, "fossil").deltaBytes, 1),
      figure(savingIn(row, "compact").deltaBytes, 1),
      `${figure(savingIn(row, "compact").smallPercent, 1)} %`,
    ]),
  ]);
}

/** Prints the costs with one number of subscribers. */
export function printCosts({ plan, costs }: PlanCosts): void {
  const { subscriberCount, ratePerSecond, bytes } = plan;
  say(
    `\n${figure(subscriberCount, 0)} subscribers, ${figure(ratePerSecond, 0)} publishes/s of ${figure(bytes, 0)} bytes = ${figure(subscriberCount * ratePerSecond, 0)} deliveries/s`,
  );
  printTable([
    [
      "",
      "frame bytes",
      "CPU µs/delivery",
      "rounds",
      "ratio to plain",
      "rounds",
      "CPU µs/publish",
      "core %",
      "client core %",
      "lost",
    ],
    ...costs.map((cost) => [
      cost.mode,
      figure(cost.frameBytes, 1),
      figure(cost.cpuUsPerDelivery, 2),
      range(cost.cpuUsPerDeliveryOfRounds, 2),
      figure(cost.ratioToPlain, 3),
      range(cost.ratioToPlainOfRounds, 2),
      figure(cost.cpuUsPerPublish, 1),
      figure(cost.serverCorePercent, 0),
      figure(cost.subscriberCorePercent, 0),
      figure(cost.lostCount, 0),
    ]),
  ]);
  for (const warning of costs.flatMap((cost) => warnings(plan, cost))) say(`  ! ${warning}`);
}

// A figure that is limited by the load must be marked.
function warnings({ ratePerSecond }: Plan, cost: Cost): readonly string[] {
  const found = [];
  if (cost.lostCount > 0) found.push(`${cost.mode}: ${cost.lostCount} deliveries did not arrive`);
  if (cost.serverCorePercent > 90) found.push(`${cost.mode}: the server's core is full`);
  if (cost.serverWaitedPercent > 5)
    found.push(
      `${cost.mode}: the server waited ${figure(cost.serverWaitedPercent, 0)} % of the time for a core that something else was using`,
    );
  if (cost.subscriberCorePercent > 80)
    found.push(`${cost.mode}: the subscribers' core is nearly full`);
  if (cost.publishLateUs > Math.max(1e6 / ratePerSecond, 20_000))
    found.push(`${cost.mode}: a publish left ${milliseconds(cost.publishLateUs)} ms late`);
  return found;
}

/** Prints the cost of publishes that most subscribers filter out. */
export function printFiltered({ plan, costs }: PlanCosts): void {
  const { subscriberCount, ratePerSecond } = plan;
  say(
    `\n${FILTER_COUNT} filters with ${figure(subscriberCount, 0)} subscribers each, ${figure(ratePerSecond, 0)} publishes/s, each for one of them`,
  );
  printTable([
    ["", "CPU µs/publish", "rounds", "CPU µs/delivery", "core %", "lost"],
    ...costs.map((cost) => [
      cost.mode,
      figure(cost.cpuUsPerPublish, 1),
      range(cost.cpuUsPerPublishOfRounds, 1),
      figure(cost.cpuUsPerDelivery, 2),
      figure(cost.serverCorePercent, 0),
      figure(cost.lostCount, 0),
    ]),
  ]);
  for (const warning of costs.flatMap((cost) => warnings(plan, cost))) say(`  ! ${warning}`);
}

/** The goals, in the order of the tables. */
export function goalsOf({ savings, costs, filtered }: Figures): readonly Goal[] {
  const { book, plainBook, game } = savings;
  const fannedOut = costs.filter(({ plan }) => plan.subscriberCount >= LEAST_FAN_OUT);
  return [
    atLeast(75, "fossil saves of an order book, %", savingIn(book, "fossil").savedPercent),
    atLeast(95, "fossil saves of a game state, %", savingIn(game, "fossil").savedPercent),
    atMost(SMALL_BYTES, "compact delta of 3 fields, B", savingIn(plainBook, "compact").deltaBytes),
    ...fannedOut.flatMap(({ plan: { subscriberCount }, costs: all }) =>
      all
        .slice(1)
        .map(({ mode, ratioToPlain }) =>
          atMost(1.1, `CPU to plain, ${figure(subscriberCount, 0)}: ${mode}`, ratioToPlain),
        ),
    ),
    ...(filtered?.costs ?? []).map(({ cpuUsPerPublish }) =>
      atMost(1.5, "CPU of a publish that one in a hundred wants, ms", cpuUsPerPublish / 1000),
    ),
  ];
}

function atLeast(bound: number, name: string, value: number): Goal {
  return { name, value, at: "least", bound };
}

function atMost(bound: number, name: string, value: number): Goal {
  return { name, value, at: "most", bound };
}

function savingIn({ feed, savings }: FeedSavings, mode: string): Saving {
  const found = savings.find((saving) => saving.mode === mode);
  if (found !== undefined) return found;
  throw new Error(`Cannot sum up "${mode}" of "${feed}": it was not measured, it must be`);
}

/** Prints which goals are met. */
export function printGoals(goals: readonly Goal[]): void {
  say("\nGoals");
  printTable([
    ["", "measured", "goal", "met"],
    ...goals.map(({ name, value, at, bound }) => [
      name,
      figure(value, 2),
      `${at} ${figure(bound, 2)}`,
      (at === "least" ? value >= bound : value <= bound) ? "yes" : "no",
    ]),
  ]);
}
