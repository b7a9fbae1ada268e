// A Redis Cluster of six servers: three primaries, each with a replica.
import { until } from "../deadline.ts";
import type { Scope } from "../scope.ts";
import { freePorts } from "./free-port.ts";
import { Redis } from "./redis.ts";

/** Settings of all six. */
export interface RedisClusterSettings {
  readonly password?: string;
  /** How long a node is silent before the others take it for down. */
  readonly nodeTimeoutMs?: number;
}

/** The cluster. */
export interface RedisCluster {
  /** The first three are the primaries at the start, in the order of their slots; the others are their replicas. */
  readonly nodes: readonly Redis[];
  /** The node that has the slot now, as the first node that answers says; null while none has it. */
  readonly primaryOf: (slot: number) => Promise<Redis | null>;
}

const SLOTS = [
  ["0", "5460"],
  ["5461", "10922"],
  ["10923", "16383"],
] as const;

/** Starts six servers, makes them one cluster, and waits until every one of them says that it is well. */
export async function startRedisCluster(
  scope: Scope,
  { password, nodeTimeoutMs = 1500 }: RedisClusterSettings = {},
): Promise<RedisCluster> {
  const ports = await freePorts(12);
  const nodes = ports.slice(0, 6).map(
    (port, index) =>
      new Redis(scope, port, {
        ...(password === undefined ? {} : { password }),
        options: [
          ["cluster-enabled", "yes"],
          ["cluster-port", `${ports[index + 6]}`],
          ["cluster-node-timeout", `${nodeTimeoutMs}`],
          ["cluster-replica-validity-factor", "0"],
        ],
      }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const [first] = nodes;
  if (first === undefined) throw new Error("Cannot start a cluster: it must have nodes");
  for (const [index, node] of nodes.entries()) {
    const range = SLOTS[index];
    if (range !== undefined) await node.command("cluster", "addslotsrange", ...range);
    await node.command("cluster", "set-config-epoch", `${index + 1}`);
    if (index > 0)
      await first.command("cluster", "meet", "127.0.0.1", `${node.port}`, `${ports[index + 6]}`);
  }
  await until(() => all(nodes, "cluster_known_nodes:6"), "six nodes that know one another");
  for (const [index, node] of nodes.slice(3).entries()) {
    const id = (await nodes[index]?.command("cluster", "myid"))?.trim() ?? "";
    await until(
      async () => /OK/.test(await node.command("cluster", "replicate", id)),
      "a replica that knows its primary",
    );
  }
  await until(() => all(nodes, "cluster_state:ok"), "a cluster that is well");
  for (const node of nodes.slice(0, 3))
    await until(
      async () => /connected_slaves:1/.test(await node.command("info", "replication")),
      "a replica of each primary",
    );
  return { nodes, primaryOf: (slot) => primaryOf(nodes, slot) };
}

async function all(nodes: readonly Redis[], line: string): Promise<boolean> {
  const answers = await Promise.all(nodes.map((node) => node.command("cluster", "info")));
  return answers.every((answer) => answer.includes(line));
}

async function primaryOf(nodes: readonly Redis[], slot: number): Promise<Redis | null> {
  for (const node of nodes)
    for (const line of (await node.command("cluster", "nodes")).split("\n")) {
      const [, address = "", flags = "", , , , , ...slots] = line.split(" ");
      const found = nodes.find(({ port }) => address.includes(`:${port}@`));
      if (found !== undefined && !/fail/.test(flags) && slots.some((range) => holds(range, slot)))
        return found;
    }
  return null;
}

function holds(range: string, slot: number): boolean {
  const [first = Number.NaN, last = first] = range.split("-").map(Number);
  return slot >= first && slot <= last;
}
