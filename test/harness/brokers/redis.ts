// Real Redis servers: one, and a master with replicas and sentinels.
import { until } from "../deadline.ts";
import type { Scope } from "../scope.ts";
import { Broker, brokerDirectory, programPath } from "./broker.ts";
import { freePort, freePorts } from "./free-port.ts";

/** What differs from a plain server without persistence. */
export interface RedisSettings {
  /** A port that is known to be free; by default any. */
  readonly port?: number;
  /** The password of the default user. */
  readonly password?: string;
  /** TLS and nothing else; the options must name the files. */
  readonly tls?: boolean;
  /** Further settings, each by its name and value: `["maxclients", "10"]`. */
  readonly options?: readonly (readonly [name: string, ...values: readonly string[]])[];
}

const PLAIN = [
  ["bind", "127.0.0.1"],
  ["save", ""],
  ["appendonly", "no"],
  ["daemonize", "no"],
  ["logfile", ""],
  ["repl-diskless-sync-delay", "0"],
] as const;

/** Starts one Redis server. */
export async function startRedis(scope: Scope, settings: RedisSettings = {}): Promise<Redis> {
  const redis = new Redis(scope, settings.port ?? (await freePort()), settings);
  await redis.start();
  return redis;
}

/** One Redis server. */
export class Redis extends Broker {
  readonly #password: string | undefined;

  constructor(scope: Scope, port: number, { password, tls = false, options = [] }: RedisSettings) {
    const directory = brokerDirectory(scope);
    const secured =
      password === undefined
        ? []
        : [["requirepass", password] as const, ["masterauth", password] as const];
    const args = [
      [tls ? "tls-port" : "port", `${port}`] as const,
      ["dir", directory] as const,
      ...PLAIN,
      ...secured,
      ...options,
    ];
    super(scope, port, {
      command: [
        programPath("redis-server"),
        ...args.flatMap(([name, ...values]) => [`--${name}`, ...values]),
      ],
      directory,
      ready: /Ready to accept connections/,
    });
    this.#password = password;
  }

  /** What `redis-cli` says to a command. Waits as long as the server does. */
  command(...command: readonly string[]): Promise<string> {
    return redisCommand(this.port, command, this.#password);
  }
}

/** A master, two replicas and three sentinels that watch them. */
export interface Sentinels {
  /** The name of the master, as clients give it to the sentinels. */
  readonly name: string;
  /** The servers. The first is the master at the start. */
  readonly nodes: readonly Redis[];
  readonly sentinels: readonly Broker[];
  /** The port of the master that the sentinels name now. */
  readonly master: () => Promise<number>;
}

/** Settings of all servers. */
export interface SentinelSettings {
  readonly password?: string;
  /** How long a master is silent before a sentinel takes it for down. */
  readonly downAfterMs?: number;
}

const MASTER_NAME = "mymaster";

/** Starts a master, two replicas and three sentinels, and waits until all know one another. */
export async function startSentinels(
  scope: Scope,
  { password, downAfterMs = 1000 }: SentinelSettings = {},
): Promise<Sentinels> {
  const [masterPort = 0, ...ports] = await freePorts(6);
  const secured = password === undefined ? {} : { password };
  const replicaof = { options: [["replicaof", "127.0.0.1", `${masterPort}`] as const] };
  const nodes = [
    new Redis(scope, masterPort, secured),
    ...ports.slice(0, 2).map((port) => new Redis(scope, port, { ...secured, ...replicaof })),
  ];
  for (const node of nodes) await node.start();
  const lines = [
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} "${password}"`]),
  ];
  await until(
    async () =>
      (await nodes[0]?.command("info", "replication"))?.match(/state=online/g)?.length === 2,
    "two replicas",
  );
  const sentinels = await Promise.all(
    ports.slice(2).map((port) => startSentinel(scope, port, lines)),
  );
  const ask = (...command: readonly string[]): Promise<string> => askAny(sentinels, command);
  for (const { port } of sentinels)
    await until(async () => {
      const known = await redisCommand(port, ["sentinel", "master", MASTER_NAME]);
      return /num-slaves\n2\nnum-other-sentinels\n2\n/.test(known);
    }, "the sentinels to know one another");
  return {
    name: MASTER_NAME,
    nodes,
    sentinels,
    master: async () =>
      Number((await ask("sentinel", "get-master-addr-by-name", MASTER_NAME)).split("\n")[1]),
  };
}

async function startSentinel(
  scope: Scope,
  port: number,
  lines: readonly string[],
): Promise<Broker> {
  const directory = brokerDirectory(scope);
  const file = `${directory}/sentinel.conf`;
  await Bun.write(
    file,
    ["bind 127.0.0.1", `port ${port}`, `dir ${directory}`, ...lines, ""].join("\n"),
  );
  const sentinel = new Broker(scope, port, {
    command: [programPath("redis-server"), file, "--sentinel"],
    directory,
    ready: /\+monitor master/,
  });
  await sentinel.start();
  return sentinel;
}

/** The answer of the first server that gives one. */
async function askAny(brokers: readonly Broker[], command: readonly string[]): Promise<string> {
  for (const { port } of brokers) {
    const answer = await redisCommand(port, command);
    if (answer !== "") return answer;
  }
  throw new Error(`Cannot run "${command.join(" ")}": no server answers`);
}

/** What `redis-cli` says to a command; empty when the server cannot be reached. */
export async function redisCommand(
  port: number,
  command: readonly string[],
  password?: string,
): Promise<string> {
  const child = Bun.spawn([programPath("redis-cli"), "-p", `${port}`, ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    env: password === undefined ? {} : { REDISCLI_AUTH: password },
  });
  return new Response(child.stdout).text();
}
