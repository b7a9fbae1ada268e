// Queries about channels. A node that runs alone answers them from its hub; otherwise they cover
// all nodes.
import type { AppHub } from "../hub/app-hub.ts";
import { USER_CHANNEL_PREFIX } from "../protocol/names.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
import { ask } from "./ask.ts";
import { type Awaitable, whenReady } from "./awaitable.ts";
import type { ChannelFigures, ClusterAnswer } from "./cluster.ts";
import type { Node } from "./node.ts";
import { type Outcome, valueOf } from "./outcome.ts";

/** A channel and its figures. */
export type ListedChannel = readonly [name: string, figures: ChannelFigures];

/** The figures of a channel; 0 if it has no subscribers. */
export function figuresOf(
  node: Node,
  hub: AppHub,
  channel: string,
  outcome: Outcome,
): Awaitable<ChannelFigures | Fault> {
  const { cluster } = node;
  if (cluster === null) return localFigures(hub, channel);
  const what = `count the subscribers of "${channel}"`;
  return known(
    ask(node, () => cluster.figures(hub, channel), what),
    outcome,
  );
}

/** The ids of the members of a presence channel. */
export function userIdsOf(
  node: Node,
  hub: AppHub,
  channel: string,
  outcome: Outcome,
): Awaitable<readonly string[] | Fault> {
  const { cluster } = node;
  if (cluster === null) return [...(hub.channels.get(channel)?.presence?.userIds ?? [])];
  const what = `list the members of "${channel}"`;
  return known(
    ask(node, () => cluster.userIds(hub, channel), what),
    outcome,
  );
}

/**
 * The occupied channels whose names begin with the prefix, except users' own channels, which are not the
 * application's business. There may be very many, so iterate in steps; a null is a step without a result.
 */
export function channelsOf(
  node: Node,
  hub: AppHub,
  prefix: string,
  outcome: Outcome,
): Awaitable<Iterable<ListedChannel | null> | Fault> {
  const { cluster } = node;
  if (cluster === null) return localChannels(hub, prefix);
  return known(
    ask(node, () => cluster.channels(hub, prefix), "list the channels of other nodes"),
    outcome,
  );
}

function known<Value>(
  answer: Awaitable<ClusterAnswer<Value> | Fault>,
  outcome: Outcome,
): Awaitable<Value | Fault> {
  return whenReady(answer, (given) => (isFault(given) ? given : valueOf(given, outcome)));
}

function localFigures(hub: AppHub, name: string): ChannelFigures {
  const channel = hub.channels.get(name);
  return {
    subscriptionCount: channel?.socketCount ?? 0,
    userCount: channel?.presence?.userCount ?? 0,
  };
}

/** Yields the channels that are occupied when the iteration starts and still are when it reaches them. */
function* localChannels(hub: AppHub, prefix: string): Generator<ListedChannel | null, void> {
  // A copy, because a map iterator that is held would keep every channel in memory that is vacated in the
  // meantime.
  const names = Array.from(hub.channels.keys());
  for (const name of names) {
    const isMeant = name.startsWith(prefix) && !name.startsWith(USER_CHANNEL_PREFIX);
    yield isMeant && hub.channels.has(name) ? [name, localFigures(hub, name)] : null;
  }
}
