// The clusters that are measured: one process alone, two workers, and two nodes over each broker that is there.

import { type Broker, startNats, startRedis } from "./brokers.ts";
import { say } from "./table.ts";
import { startFanwire, type Target } from "./target.ts";
import type { Workshop } from "./workshop.ts";

/** One server, or several nodes. */
export interface System {
  readonly name: string;
  /** One if all processes share a port. */
  readonly nodes: readonly Target[];
  /** The process id of the broker. */
  readonly broker: number | null;
  stop(): Promise<void>;
}

/** Members of a presence channel. */
const MOST_MEMBERS = 100_000;

const BROKERS = { Redis: startRedis, NATS: startNats } as const;

/** Starts all of them. A broker whose program is not on the path is left out, which is told. */
export async function startSystems(workshop: Workshop): Promise<readonly System[]> {
  const systems: System[] = [];
  for (const count of [1, 2]) {
    const name = count === 1 ? "1 process" : `${count} workers`;
    const args = ["--config", await writeConfig(workshop, {}), "--workers", String(count)];
    const server = await startFanwire(workshop, name, args);
    systems.push({ name, nodes: [server], broker: null, stop: () => server.stop() });
  }
  for (const [name, startBroker] of Object.entries(BROKERS)) {
    const broker = await startBroker(workshop);
    if (broker === null) say(`  ! ${name} is left out: there is no such program on the path`);
    else systems.push(await startNodes(workshop, name, broker));
  }
  return systems;
}

async function startNodes(workshop: Workshop, name: string, broker: Broker): Promise<System> {
  const config = await writeConfig(workshop, broker.adapter);
  const nodes: Target[] = [];
  for (const number of [1, 2])
    nodes.push(await startFanwire(workshop, `${name}, node ${number}`, ["--config", config]));
  return {
    name: `2 nodes, ${name}`,
    nodes,
    broker: broker.pid,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await broker.stop();
    },
  };
}

async function writeConfig(workshop: Workshop, adapter: object): Promise<string> {
  const path = workshop.filePath("config.json");
  const presence = { max_members_per_channel: MOST_MEMBERS };
  await Bun.write(path, JSON.stringify({ adapter, presence, metrics: { enabled: false } }));
  return path;
}
