// The modes in which the delta bench has events delivered, and one round of a mode. Modes differ only
// in the subscription.

import { type Feed, feedSender } from "./feeds.ts";
import type { Subscribers } from "./load.ts";
import { measureRound, type Round } from "./rounds.ts";
import type { Plan, Sender } from "./senders.ts";
import type { Target } from "./target.ts";
import type { Workshop } from "./workshop.ts";

/** A way in which events are delivered. */
export interface Mode {
  readonly name: string;
  readonly channel: string;
  /** Members of the subscription besides the channel. */
  readonly members: string;
  /** The kind of frames that deltas are sent in. */
  readonly deltas: "none" | "text" | "binary";
}

const FOSSIL = ',"delta":"fossil"';
const COMPACT = ',"delta":{"algorithm":"fossil","format":"compact"}';

/** Fossil deltas, each to the last message of the same `symbol`. */
export const KEYED: Mode = {
  name: "fossil, keys",
  channel: "keyed-0",
  members: FOSSIL,
  deltas: "text",
};

/** All modes. The others are compared with the first, which sends whole messages. */
export const MODES: readonly Mode[] = [
  { name: "plain", channel: "bench-0", members: "", deltas: "none" },
  { name: "fossil", channel: "bench-0", members: FOSSIL, deltas: "text" },
  KEYED,
  { name: "xdelta3", channel: "bench-0", members: ',"delta":"xdelta3"', deltas: "text" },
  { name: "compact", channel: "bench-0", members: COMPACT, deltas: "binary" },
];

/** Number of values of the tag, and so of filters. */
export const FILTER_COUNT = 100;

/** Whole messages, of which each subscriber wants one in a hundred, selected by tag. */
export const FILTERED: Mode = {
  name: "1 % by a filter",
  channel: "bench-0",
  members: ',"filter":{"key":"k","cmp":"eq","val":"{n}"}',
  deltas: "none",
};

/** Everything that a round needs. The sockets are open, and on no channel or on that of the last round. */
export interface Bench {
  readonly workshop: Workshop;
  /** The compiled program that publishes. */
  readonly requests: string;
  readonly server: Target;
  readonly subscribers: Subscribers;
}

/** Messages published before a round and not counted, because the first message of each key is whole. */
const FIRST_PUBLISHES = 10;
const FIRST_PER_SECOND = 1000;
const ARRIVAL_LIMIT_MS = 5000;

/** Moves all sockets to the mode's subscription, and measures a round of the feed from message `from` on.
 *
 * @throws if the first messages do not arrive, or if the deliveries are not those of the mode. */
export async function measureMode(
  { workshop, requests, server, subscribers }: Bench,
  mode: Mode,
  { feed, from }: { readonly feed: Feed; readonly from: number },
  plan: Plan,
): Promise<Round> {
  await subscribers.move(mode.channel, mode.members);
  const route = { channel: mode.channel, feed, from, tagged: mode === FILTERED };
  const sender = feedSender(workshop, requests, server, route);
  await publishFirst(sender, subscribers, plan);
  const round = await measureRound(sender, subscribers, plan);
  if (isDelivered(mode, feed, round)) return round;
  const { deltaCount, binaryCount, deliveryCount } = round;
  throw new Error(
    `Cannot trust a round of "${mode.name}": of ${deliveryCount} deliveries ${deltaCount} were deltas, ${binaryCount} of them binary; the deltas must be ${mode.deltas}`,
  );
}

function isDelivered(mode: Mode, { mixed }: Feed, round: Round): boolean {
  const { deltaCount, binaryCount, deliveryCount } = round;
  if (mode.deltas === "none") return deltaCount === 0;
  if (binaryCount !== (mode.deltas === "binary" ? deltaCount : 0)) return false;
  return deltaCount > deliveryCount / 2 || (mixed && mode !== KEYED);
}

async function publishFirst(sender: Sender, subscribers: Subscribers, plan: Plan): Promise<void> {
  await subscribers.reset();
  const first = { ...plan, publishCount: FIRST_PUBLISHES, ratePerSecond: FIRST_PER_SECOND };
  await sender.send(first, Date.now() * 1000);
  const expected = FIRST_PUBLISHES * plan.subscriberCount;
  const arrived = await subscribers.waitFor(expected, ARRIVAL_LIMIT_MS);
  if (arrived !== expected)
    throw new Error(
      `Cannot begin a round: "${arrived}" deliveries of the first messages arrived, it must be ${expected}`,
    );
}
