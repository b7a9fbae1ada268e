// What a node answers to the questions of others, from what it knows of the keys that it owns.
import type { Census } from "../../cluster/census/census.ts";
import { channelKey, readKey } from "../../cluster/keys.ts";
import type { Hub } from "../../hub/hub.ts";
import { USER_CHANNEL_PREFIX } from "../../protocol/names.ts";
import type { ChannelFigures, ClusterAnswer } from "../cluster.ts";
import { writeCached } from "./exchange.ts";

/** Entries in one part of an answer. */
const ENTRIES_A_PART = 2000;

/** The figures of a channel that this node owns. */
export function figuresHere(census: Census, key: string): ClusterAnswer<ChannelFigures> {
  const { count, isComplete } = census.figures(key);
  const value = { subscriptionCount: count, userCount: census.memberCount(key) };
  return { value, isComplete: isComplete && isOwn(census, key) };
}

/** The members of a presence channel that this node owns. */
export function userIdsHere(census: Census, key: string): ClusterAnswer<readonly string[]> {
  const { userIds, isComplete } = census.figures(key);
  return { value: userIds, isComplete: isComplete && isOwn(census, key) };
}

/** The occupied channels of an app that this node owns, except users' own. */
export function channelsHere(
  census: Census,
  appId: string,
  prefix: string,
): ClusterAnswer<ReadonlyMap<string, ChannelFigures>> {
  const channels = new Map<string, ChannelFigures>();
  const start = channelKey(appId, "");
  for (const key of census.ownedKeys()) {
    if (!key.startsWith(start)) continue;
    const name = key.slice(start.length);
    if (!name.startsWith(prefix) || name.startsWith(USER_CHANNEL_PREFIX)) continue;
    const { count } = census.figures(key);
    if (count === 0) continue;
    channels.set(name, { subscriptionCount: count, userCount: census.memberCount(key) });
  }
  return { value: channels, isComplete: !census.isPartial };
}

/** Answers a question of another node, in parts; null if it is not understood. */
export function answerQuestion(
  census: Census,
  hub: Hub,
  question: unknown,
): readonly unknown[] | null {
  if (!Array.isArray(question)) return null;
  const [kind, first, second]: unknown[] = question;
  if (typeof first !== "string") return null;
  switch (kind) {
    case "figures": {
      const { value, isComplete } = figuresHere(census, first);
      const { subscriptionCount, userCount } = value;
      return [[isComplete, subscriptionCount, userCount, cachedHere(hub, first)]];
    }
    case "users": {
      const { value, isComplete } = userIdsHere(census, first);
      return inParts(isComplete, value);
    }
    case "channels": {
      if (typeof second !== "string") return null;
      const { value, isComplete } = channelsHere(census, first, second);
      const entries = Array.from(value, ([name, { subscriptionCount, userCount }]) => [
        name,
        subscriptionCount,
        userCount,
      ]);
      return inParts(isComplete, entries);
    }
    case "cached":
      return [cachedHere(hub, first)];
    default:
      return null;
  }
}

function inParts(isComplete: boolean, entries: readonly unknown[]): readonly unknown[] {
  const parts: unknown[] = [];
  for (let start = 0; start === 0 || start < entries.length; start += ENTRIES_A_PART)
    parts.push([isComplete, entries.slice(start, start + ENTRIES_A_PART)]);
  return parts;
}

function cachedHere(hub: Hub, key: string): unknown {
  const subject = readKey(key);
  const app = subject === null ? null : hub.find(subject.appId);
  if (subject === null || app === null) return null;
  const nowMs = app.nowMs();
  const cached = app.cache.get(subject.name, nowMs);
  return cached === null ? null : writeCached(cached, nowMs);
}

/** An answer of a node that does not own the key may lack something: the nodes do not agree at the moment. */
function isOwn(census: Census, key: string): boolean {
  return census.ownerOf(key) === census.self.id;
}
