// Judges views: what clients hold and what nodes answer, against who is really there.
import { call } from "../../harness/api.ts";
import { isObject, parseObject } from "../../harness/json.ts";
import { resource, type Target } from "../../harness/target.ts";
import type { Complaint } from "./complaint.ts";
import { nameOf } from "./deliveries.ts";
import { isThere, type Journal, SIGNED_IN, type Stay, viewOf } from "./journal.ts";

/** A node that answers requests. */
export interface AnsweringNode {
  readonly name: string;
  readonly server: Target;
}

/** Who is on a channel. */
interface Occupancy {
  readonly subscriptionCount: number;
  readonly userIds: ReadonlySet<string>;
}

/** Who is really on each channel now. */
function occupancy(journal: Journal): ReadonlyMap<string, Occupancy> {
  const byChannel = Map.groupBy(journal.stays.filter(isThere), ({ channel }) => channel);
  return new Map(
    [...byChannel].map(([channel, stays]) => [
      channel,
      {
        subscriptionCount: stays.length,
        userIds: new Set(stays.flatMap(({ userId }) => userId ?? [])),
      },
    ]),
  );
}

/** What is wrong with the members that the clients hold that are there now, and whose subscription is not answered. */
export function judgeViews(journal: Journal): readonly Complaint[] {
  const truth = occupancy(journal);
  return journal.stays
    .filter(({ leftMs }) => leftMs === null)
    .flatMap((stay): readonly Complaint[] => {
      if (stay.succeededMs === null)
        return [{ rule: "view", text: `${nameOf(stay)} has no success` }];
      return judgeRoster(stay, truth.get(stay.channel)?.userIds ?? new Set());
    });
}

/** What is wrong with the subscription counts that clients were told. A large channel's are told some seconds late. */
export function judgeCounts(journal: Journal): readonly Complaint[] {
  const truth = occupancy(journal);
  return journal.stays.filter(isThere).flatMap((stay): readonly Complaint[] => {
    const count = truth.get(stay.channel)?.subscriptionCount ?? 0;
    if (stay.count === null || stay.count === count) return [];
    const text = `${nameOf(stay)} was told of ${stay.count} subscriptions, and there are ${count}`;
    return [{ rule: "count", text }];
  });
}

function judgeRoster(stay: Stay, there: ReadonlySet<string>): readonly Complaint[] {
  if (stay.userId === null) return [];
  const { watched } = stay;
  const right = watched === null ? there : there.intersection(watched);
  return differences(nameOf(stay), viewOf(stay), right);
}

function differences(
  who: string,
  given: ReadonlySet<string>,
  right: ReadonlySet<string>,
): readonly Complaint[] {
  const [absent, extra] = [right.difference(given), given.difference(right)];
  if (absent.size === 0 && extra.size === 0) return [];
  const text = `${who} lacks ${list(absent)} and has ${list(extra)} who are not there`;
  return [{ rule: "view", text }];
}

function list(ids: ReadonlySet<string>): string {
  const shown = [...ids].slice(0, 8).join(" ");
  return ids.size === 0 ? "nobody" : `${shown}${ids.size > 8 ? ` … (${ids.size})` : ""}`;
}

/** What is wrong with what each node answers about the channels that have been used. */
export async function judgeAnswersOfQueries(
  journal: Journal,
  nodes: readonly AnsweringNode[],
): Promise<readonly Complaint[]> {
  const truth = occupancy(journal);
  const complaints = await Promise.all(nodes.map((node) => judgeNode(node, truth, journal)));
  return complaints.flat();
}

async function judgeNode(
  node: AnsweringNode,
  truth: ReadonlyMap<string, Occupancy>,
  journal: Journal,
): Promise<readonly Complaint[]> {
  const used = new Set(journal.stays.map(({ channel }) => channel));
  used.delete(SIGNED_IN);
  const right = [...truth.keys()].filter((channel) => channel !== SIGNED_IN);
  const channels = await ask(node, "/channels");
  const occupied = channels["channels"];
  // Channels of others, who use the same nodes, are not known here.
  const found = Object.keys(isObject(occupied) ? occupied : {}).filter((channel) =>
    used.has(channel),
  );
  const complaints = [
    ...differences(`GET /channels of node ${node.name}`, new Set(found), new Set(right)),
  ];
  const presence = [...used].filter((channel) => channel.startsWith("presence-"));
  for (const channel of presence)
    complaints.push(...(await judgeChannel(node, channel, truth.get(channel))));
  return complaints.map(({ text }) => ({ rule: "http", text }));
}

/** The figures and the members of one channel. */
async function judgeChannel(
  node: AnsweringNode,
  channel: string,
  there: Occupancy | undefined,
): Promise<readonly Complaint[]> {
  const { subscriptionCount = 0, userIds = new Set<string>() } = there ?? {};
  const name = `GET /channels/${channel} of node ${node.name}`;
  const figures = await ask(node, `/channels/${channel}`, "user_count,subscription_count");
  const right = {
    occupied: subscriptionCount > 0,
    subscription_count: subscriptionCount,
    user_count: userIds.size,
  };
  const wrong = Object.entries(right).filter(([key, value]) => figures[key] !== value);
  const complaints: Complaint[] = wrong.map(([key, value]) => ({
    rule: "http",
    text: `${name} says that ${key} is ${String(figures[key])}, and it is ${value}`,
  }));
  const { users } = await ask(node, `/channels/${channel}/users`);
  const ids = Array.isArray(users)
    ? users.map(({ id }: { readonly id: unknown }) => String(id))
    : [];
  return [...complaints, ...differences(`${name}/users`, new Set(ids), userIds)];
}

/** Asks a node. An answer that is no success, or that says that it is incomplete, has no members. */
async function ask(
  { server }: AnsweringNode,
  path: string,
  info?: string,
): Promise<Readonly<Record<string, unknown>>> {
  const signing = info === undefined ? {} : { signing: { parameters: { info } } };
  try {
    const response = await call(server, "GET", resource(path), signing);
    const text = await response.text();
    return response.status === 200 ? parseObject(text) : { status: response.status };
  } catch (error) {
    return { error: String(error) };
  }
}
