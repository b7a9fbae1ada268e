// Starts the server under test: the compiled executable, always by `launch`, so that another form of
// running it is another row of one table. As nodes, a server of `startServer` is two of them behind a Redis.
import { startBalancer } from "./balancer.ts";
import { startRedis } from "./brokers/redis.ts";
import { until } from "./deadline.ts";
import { FORM, type Form } from "./form.ts";
import {
  EXECUTABLE,
  makeDirectory,
  Program,
  ProgramGroup,
  type Running,
  type Surroundings,
} from "./program.ts";
import { isReady } from "./ready.ts";
import type { Scope } from "./scope.ts";
import { APP, type Target } from "./target.ts";

/** The command line of a server in each form. */
const FORMS: Readonly<Record<Form, (args: readonly string[]) => readonly string[]>> = {
  alone: (args) => [EXECUTABLE, ...args],
  // The demo is one process always.
  workers: (args) => [EXECUTABLE, ...args, ...(args[0] === "demo" ? [] : ["--workers", "2"])],
  nodes: (args) => [EXECUTABLE, ...args],
};

/** Where, with what and under which limits a server runs. */
export interface Launch extends Surroundings {
  /** Files that the process may have open, soft and hard. */
  readonly openFiles?: number;
  /** The file that standard error, and with it the log, goes to. */
  readonly logTo?: string;
  /** The file that standard output goes to. */
  readonly outputTo?: string;
}

/** Starts a server with these arguments, and does not wait for it. */
export function launch(scope: Scope, args: readonly string[], settings: Launch): Program {
  const { openFiles, logTo, outputTo } = settings;
  const command = FORMS[FORM](args);
  if (openFiles === undefined && logTo === undefined && outputTo === undefined)
    return new Program(scope, command, settings);
  const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
  const output = outputTo === undefined ? "" : ` >'${outputTo}'`;
  const log = logTo === undefined ? "" : ` 2>'${logTo}'`;
  // The shell becomes the server: its process id is the server's.
  const script = `${limit}exec "$0" "$@"${output}${log}`;
  return new Program(scope, ["sh", "-c", script, ...command], settings);
}

/** The port for clients and the port of the metrics. */
export interface Ports {
  /** 0 for a server that listens on a Unix socket. */
  readonly port: number;
  /** 0 when there are no metrics. */
  readonly metricsPort: number;
}

/** Waits until a server says that it listens, on its screen or in its log. */
export async function listening(program: Program): Promise<Ports> {
  await program.says(/Connections .*\n|"msg":"listening".*\n/);
  const said = program.stdout + program.stderr;
  const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? 0);
  return {
    port: number(/(?:wss?:\/\/[^/]+:|"port":)(\d+)/),
    metricsPort: number(/(?:Metrics +http:\/\/[^/]+:|"metrics_port":)(\d+)/),
  };
}

/** A server that listens. */
export interface Server extends Target, Ports {
  /** All its processes as one. */
  readonly program: Running;
  /** The ports of the metrics of each node; without nodes the one port. */
  readonly metricsPorts: readonly number[];
}

/** What differs from the configuration of these tests. */
export interface ServerSettings extends Pick<Launch, "openFiles" | "logTo"> {
  /** A port that is known to be free; by default any. */
  readonly port?: number;
  /** Members of the app's group in the configuration file. Client events are on unless turned off here. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Members of the configuration file. Metrics are on unless they are overridden here. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const HOST = "127.0.0.1";
const NODE_COUNT = 2;

/** Starts a server and waits until it listens. */
export async function startServer(scope: Scope, settings: ServerSettings = {}): Promise<Server> {
  if (FORM === "nodes") return startNodes(scope, settings);
  const { program, ports } = await startProcess(scope, settings);
  return { program, host: HOST, ...APP, ...ports, metricsPorts: [ports.metricsPort] };
}

/** Starts two nodes behind a Redis of their own, and a balancer that gives each client in turn to the next. */
async function startNodes(scope: Scope, settings: ServerSettings): Promise<Server> {
  const redis = await startRedis(scope);
  const adapter = { driver: "redis", redis: { host: HOST, port: redis.port } };
  const nodes = await Promise.all(
    Array.from({ length: NODE_COUNT }, () =>
      startProcess(scope, { ...settings, port: 0, config: { adapter, ...settings.config } }),
    ),
  );
  for (const { ports } of nodes) await until(() => isReady(ports.port), "a node to be ready");
  const { port, stop } = startBalancer(
    scope,
    settings.port ?? 0,
    nodes.map(({ ports }) => ports.port),
  );
  const metricsPorts = nodes.map(({ ports }) => ports.metricsPort);
  return {
    program: new ProgramGroup(
      nodes.map(({ program }) => program),
      stop,
    ),
    host: HOST,
    ...APP,
    port,
    metricsPort: metricsPorts[0] ?? 0,
    metricsPorts,
  };
}

async function startProcess(
  scope: Scope,
  { port = 0, app, config, ...limits }: ServerSettings,
): Promise<{ readonly program: Program; readonly ports: Ports }> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(
    file,
    JSON.stringify({
      host: HOST,
      port,
      metrics: { enabled: true, port: 0 },
      apps: [{ ...APP, enable_client_messages: true, ...app }],
      ...config,
    }),
  );
  const program = launch(scope, ["--config", file], { directory, ...limits });
  return { program, ports: await listening(program) };
}
