// What a cluster keeps for its channels, without sockets: `bun bench/cluster-memory.ts`. In one process: the router of the
// local bus and eight nodes with all of what they hold for keys, and 200,000 users, each on a private channel of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fullGC, heapStats } from "bun:jsc";
import { FOLLOW } from "../src/cluster/census/part.ts";
import { channelKey } from "../src/cluster/keys.ts";
import { localBus } from "../src/cluster/local/client.ts";
import { Router } from "../src/cluster/local/router.ts";
import type { StationOutput } from "../src/cluster/ports.ts";
import { Station } from "../src/cluster/station.ts";
import { runToEnd } from "./options.ts";
import { figure, say } from "./table.ts";

const NODES = 8;
const KEYS = 200_000;
/** Members of one presence channel, an equal number on each of the first two nodes. */
const MEMBERS = 20_000;
const JOINS_A_TURN = 500;
const SETTLE_MS = 125_000;
const REST_ROUNDS = 6;
const REST_MS = 500;
const PRESENCE_KEY = channelKey("app-id", "presence-room");

/** The part of a node on a channel with one subscriber. */
const ONE = { count: 1, members: [] } as const;

await runToEnd(main);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fanwire-bench-"));
  const router = new Router(join(folder, "bus"));
  const nodes = Array.from({ length: NODES }, (_, index) => new BenchNode(index));
  const ticking = setInterval(() => nodes.forEach(({ station }) => station.tick()), 1000);
  try {
    const path = join(folder, "bus");
    await Promise.all(
      nodes.map(({ station }) => station.open(localBus({ path, token: router.invite() }))),
    );
    await measureChannels(nodes);
    await measureStorm(nodes.slice(0, 2));
  } finally {
    clearInterval(ticking);
    await Promise.all(nodes.map(({ station }) => station.close()));
    router.close();
    rmSync(folder, { recursive: true });
  }
}

/** A node as the cluster sees it. Of its hub there is nothing but the members of one channel. */
class BenchNode {
  readonly station: Station;
  readonly members = new Set<string>();
  /** Members elsewhere, as the node was told. */
  elsewhereCount = 0;

  constructor(index: number) {
    const settings = {
      nodeId: `node${index}`,
      prefix: "",
      gatherMs: 100,
      region: "",
      regionGraceMs: 300_000,
      apps: [1],
      nowMs: () => performance.now(),
      askDirectly: () => Promise.resolve("dead" as const),
    };
    const output: StationOutput = {
      part: (key) => {
        if (key !== PRESENCE_KEY) return ONE;
        const members = Array.from(this.members, (userId) => [userId, null] as const);
        return { count: this.members.size, members };
      },
      member: (_, userId) => (this.members.has(userId) ? null : undefined),
      keys: () => [],
      changed: (_, { added, removed }) => {
        this.elsewhereCount += added.length - removed.length;
      },
      ready: nothing,
      edge: nothing,
      carried: nothing,
      reowned: nothing,
      arrived: nothing,
      commanded: nothing,
      question: () => null,
      connection: nothing,
    };
    this.station = new Station(settings, output);
  }

  /** One more subscription to a channel that is new to the node. */
  async subscribe(channel: string): Promise<void> {
    const key = channelKey("app-id", channel);
    await this.station.join(key);
    this.station.census.change(key);
    this.station.flushSoon();
  }

  addMember(userId: string): void {
    this.members.add(userId);
    this.station.census.change(PRESENCE_KEY, userId);
    this.station.flushSoon();
  }
}

async function measureChannels(nodes: readonly BenchNode[]): Promise<void> {
  await Bun.sleep(2000);
  const [before, residentBefore] = [heapBytes(), await restBytes()];
  for (let index = 0; index < KEYS; index += JOINS_A_TURN) {
    const joins = Array.from({ length: JOINS_A_TURN }, (_, offset) =>
      Promise.resolve(nodes[(index + offset) % NODES]?.subscribe(`private-user-${index + offset}`)),
    );
    await Promise.all(joins);
  }
  // What is kept for two minutes at most is gone by then.
  await Bun.sleep(SETTLE_MS);
  const [bytes, resident] = [heapBytes() - before, (await restBytes()) - residentBefore];
  const owned = nodes.reduce((sum, { station }) => sum + station.census.registeredCount, 0);
  say(
    `${figure(KEYS, 0)} channels over ${NODES} nodes, ${figure(owned, 0)} known to their owners:`,
  );
  say("  bytes a channel, over all processes together:");
  say(`  ${figure(bytes / KEYS, 0)} of the heap, ${figure(resident / KEYS, 0)} resident`);
}

async function measureStorm(nodes: readonly BenchNode[]): Promise<void> {
  await Promise.all(nodes.map(({ station }) => Promise.resolve(station.join(PRESENCE_KEY))));
  for (const { station } of nodes) station.census.follow(PRESENCE_KEY, FOLLOW.members);
  await Bun.sleep(1000);
  const beganMs = performance.now();
  for (let index = 0; index < MEMBERS; index += 1)
    nodes[index % nodes.length]?.addMember(`user-${index}`);
  const half = MEMBERS / nodes.length;
  while (nodes.some(({ elsewhereCount }) => elsewhereCount !== half)) await Bun.sleep(5);
  const tookMs = performance.now() - beganMs;
  say(`${figure(MEMBERS, 0)} members of one channel on ${nodes.length} nodes, all at once:`);
  say(`  each node has the whole roster after ${figure(tookMs, 0)} ms`);
}

function heapBytes(): number {
  fullGC();
  const { heapSize, extraMemorySize } = heapStats();
  return heapSize + extraMemorySize;
}

/** Resident memory, once the collector has given back what it could. */
async function restBytes(): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < REST_ROUNDS; round += 1) {
    fullGC();
    await Bun.sleep(REST_MS);
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}

function nothing(): void {}
