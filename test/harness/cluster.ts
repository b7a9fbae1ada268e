// Nodes behind a broker, each a process of its own. Each has its own relay to the broker where there is one,
// so that it can be cut off alone.
import { type RelayTarget, startRelay, type TcpRelay } from "./brokers/tcp-relay.ts";
import { until } from "./deadline.ts";
import { isReady } from "./ready.ts";
import { EXECUTABLE, makeDirectory, Program } from "./program.ts";
import type { Scope } from "./scope.ts";
import { listening, type Server } from "./server.ts";
import { APP } from "./target.ts";

/** What connects nodes: what it is called, and what a node's configuration says of it. */
export interface Bus {
  readonly name: string;
  /** The broker, when each node gets a relay to it. */
  readonly broker: RelayTarget | null;
  /** Members of a node's configuration file. `port` is that of the node's relay. */
  config(port: number): Readonly<Record<string, unknown>>;
}

/** What all nodes of a cluster have in common. */
export interface ClusterSettings {
  readonly bus: Bus;
  readonly nodeCount: number;
  /** Members of the app's group. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Members of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Arguments of the command line beside the configuration. */
  readonly args?: readonly string[];
  /** The name of the first node; the others follow in the alphabet. */
  readonly firstName?: string;
}

const HOST = "127.0.0.1";

/** One node. Its port stays the same when it is started again. */
export class ClusterNode {
  readonly name: string;
  /** What is between the node and the broker. */
  readonly relay: TcpRelay | null;
  /** Whether it runs and is not about to end. */
  isUp = false;
  readonly #settings: ClusterSettings;
  readonly #scope: Scope;
  #server: Server | null = null;
  #program: Program | null = null;
  #port = 0;

  constructor(scope: Scope, settings: ClusterSettings, name: string, relay: TcpRelay | null) {
    this.#scope = scope;
    this.#settings = settings;
    this.name = name;
    this.relay = relay;
  }

  /** The node for clients. @throws when it was never started. */
  get server(): Server {
    if (this.#server === null) throw new Error(`Cannot use node ${this.name}: it was not started`);
    return this.#server;
  }

  /** The present process. @throws when there was none. */
  get program(): Program {
    if (this.#program === null) throw new Error(`Cannot use node ${this.name}: it was not started`);
    return this.#program;
  }

  /** Starts the process, and does not wait for it. */
  async launch(): Promise<Program> {
    const { bus, app, config, args = [] } = this.#settings;
    const directory = makeDirectory(this.#scope);
    const file = `${directory}/config.json`;
    const content = {
      host: HOST,
      port: this.#port,
      metrics: { enabled: true, port: 0 },
      apps: [{ ...APP, enable_client_messages: true, ...app }],
      ...bus.config(this.relay?.port ?? 0),
      ...config,
    };
    await Bun.write(file, JSON.stringify(content));
    return new Program(this.#scope, [EXECUTABLE, "--config", file, ...args], { directory });
  }

  /** Starts the process, and waits until it listens. */
  async start(): Promise<this> {
    const program = await this.launch();
    const ports = await listening(program);
    this.#port = ports.port;
    this.#program = program;
    this.#server = { program, host: HOST, ...APP, ...ports, metricsPorts: [ports.metricsPort] };
    this.isUp = true;
    return this;
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.isUp = false;
    await this.program.kill();
  }

  /** Makes the process stand still. */
  freeze(): void {
    this.isUp = false;
    this.program.signal("SIGSTOP");
  }

  /** Lets the process go on. */
  thaw(): void {
    this.program.signal("SIGCONT");
    this.isUp = true;
  }

  /** Ends the process as a service manager does, and waits for that. @throws when its code is not 0. */
  async drain(): Promise<void> {
    this.isUp = false;
    this.program.terminate();
    const { code, stderr } = await this.program.outcome();
    if (code !== 0)
      throw new Error(`Cannot drain node ${this.name}: its code is ${code}\n${stderr}`);
  }

  /** Cuts its connections to the broker, and refuses new ones. */
  async cutOff(): Promise<void> {
    await this.#relayed().refuse();
    this.#relayed().cut();
  }

  /** Lets it connect to the broker again. */
  async reconnect(): Promise<void> {
    await this.#relayed().accept();
  }

  #relayed(): TcpRelay {
    if (this.relay === null) throw new Error(`Cannot cut off node ${this.name}: it has no relay`);
    return this.relay;
  }
}

/** Nodes that know one another. */
export class Cluster {
  readonly nodes: readonly ClusterNode[];

  constructor(nodes: readonly ClusterNode[]) {
    this.nodes = nodes;
  }

  /** Those that run. */
  get up(): readonly ClusterNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  /** The node with this index. @throws when there is none. */
  node(index: number): ClusterNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`Cannot use node ${index}: there is none`);
    return node;
  }

  /** Waits until every node that runs answers that it is ready. */
  async ready(): Promise<void> {
    for (const node of this.up)
      await until(() => isReady(node.server.port), `node ${node.name} to be ready`);
  }
}

/** Makes nodes and the relays between them and the broker. */
export async function makeNodes(
  scope: Scope,
  settings: ClusterSettings,
): Promise<readonly ClusterNode[]> {
  const { bus, nodeCount, firstName = "a" } = settings;
  const first = firstName.charCodeAt(0);
  return Promise.all(
    Array.from({ length: nodeCount }, async (_, index) => {
      const relay = bus.broker === null ? null : await startRelay(scope, bus.broker);
      return new ClusterNode(scope, settings, String.fromCharCode(first + index), relay);
    }),
  );
}

/** Starts nodes at once, and waits until they are ready. */
export async function startCluster(scope: Scope, settings: ClusterSettings): Promise<Cluster> {
  const cluster = new Cluster(await makeNodes(scope, settings));
  await Promise.all(cluster.nodes.map((node) => node.start()));
  await cluster.ready();
  return cluster;
}
