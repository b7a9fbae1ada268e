// `fanwire serve` and the server of `fanwire demo`: settings become a node that signals end, and what it says at its
// start.
import { banner, type BannerFacts, listeningFields, reachableHost } from "../cli/banner.ts";
import type { DemoServer } from "../cli/demo.ts";
import { announceDevelopment } from "../cli/development.ts";
import { type Notices, noticesIn } from "../cli/notices.ts";
import { readServeSettings } from "../cli/serve.ts";
import { apiUrl, type Target } from "../cli/snippets.ts";
import type { Terminal } from "../cli/terminal.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { reasonOf } from "../log/reason.ts";
import { socketProblem } from "../process/obstacles.ts";
import { type Ending, obeySignals } from "../process/signals.ts";
import { flushServer, type Streams } from "../process/streams.ts";
import { clearStaleSocket } from "../process/unix-socket.ts";
import { workerCount } from "../process/worker-count.ts";
import type { Pages } from "./api.ts";
import { type RunningNode, startNode } from "./node.ts";
import { type Primary, startPrimary } from "./primary.ts";
import { startProblem } from "./start-error.ts";

/** The program that runs the server. */
export interface Program {
  readonly version: string;
  readonly streams: Streams;
  readonly terminal: Terminal;
}

/** Where a server says what happens to it. */
interface Reports {
  readonly log: Log;
  readonly notices: Notices;
}

/** A node alone or a server with workers, and the actions that run when it begins to end. */
interface Started<Server> {
  readonly server: Server;
  readonly leaving: (() => void)[];
}

/** Runs the command. Null while the server runs, 1 when it could not start, 2 for wrong arguments or settings. */
export async function serve(program: Program, args: readonly string[]): Promise<number | null> {
  const { terminal, streams, version } = program;
  const settings = await readServeSettings(args, terminal, streams.logIn);
  if (settings === null) return 2;
  const { config, development } = settings;
  const reports = reportsOf(program, config);
  if (!(await freeSocketPath(config, reports))) return 1;
  const workers = workerCount(config);
  const started =
    workers === 1
      ? await startAlone(program, config, reports)
      : await startWithWorkers(program, config, reports, workers);
  if (started === null) return 1;
  const { server, leaving } = started;
  const target = development ? developmentTarget(config, server.port) : null;
  if (target !== null) leaving.push(announce(terminal, target, reports.notices));
  sayListening(program, {
    version,
    startMs: Date.now() - performance.timeOrigin,
    config,
    port: server.port,
    metricsPort: server.metricsPort,
    capacity: server.capacity,
    workers,
    development: target,
  });
  return null;
}

/** Starts the server of the demo. Null when it could not start and has said why. */
export async function startDemo(
  program: Program,
  config: Config,
  pages: Pages,
): Promise<DemoServer | null> {
  const started = await startAlone(program, config, reportsOf(program, config), pages);
  if (started === null) return null;
  const { server, leaving } = started;
  return { ...server, onLeave: (action) => void leaving.push(action) };
}

function reportsOf({ terminal, streams }: Program, config: Config): Reports {
  return { log: streams.logIn(config), notices: noticesIn(config, terminal, streams.logIn) };
}

/** Sees to it that a Unix socket can be made. False when it cannot. */
async function freeSocketPath(config: Config, { log, notices }: Reports): Promise<boolean> {
  if (!config.unixSocketEnabled) return true;
  const problem = await socketProblem(config);
  if (problem !== null) {
    notices.problem(problem);
    return false;
  }
  const { unixSocketPath: path } = config;
  if (await clearStaleSocket(path))
    log.info("socket of a server that has ended replaced", { path });
  return true;
}

async function startAlone(
  { version, streams }: Program,
  config: Config,
  { log, notices }: Reports,
  pages?: Pages,
): Promise<Started<RunningNode> | null> {
  try {
    const server = await startNode(config, { version, log, pages });
    const { leaving } = obeySignals({
      log,
      stop: server.stop,
      flush: () => flushServer(streams),
      renewCertificate: hasCertificate(config) ? server.renewCertificate : null,
    });
    return { server, leaving };
  } catch (error) {
    notices.problem(startProblem(config, error));
    return null;
  }
}

async function startWithWorkers(
  { streams, terminal: { env } }: Program,
  config: Config,
  { log, notices }: Reports,
  count: number,
): Promise<Started<Primary> | null> {
  const hopeless = (reason: string): void => {
    log.error("server ends", { reason });
    ending?.end(1);
  };
  let ending: Ending | null = null;
  try {
    const server = await startPrimary(config, { log, env, workerCount: count, hopeless });
    ending = obeySignals({
      log,
      stop: () => server.stop(),
      flush: () => flushServer(streams),
      renewCertificate: hasCertificate(config) ? () => server.renewCertificate() : null,
      abandon: () => server.abandon(),
    });
    return { server, leaving: ending.leaving };
  } catch (error) {
    notices.problem(startProblem(config, error));
    return null;
  }
}

function hasCertificate({ sslEnabled, unixSocketEnabled }: Config): boolean {
  return sslEnabled && !unixSocketEnabled;
}

/** Says that the server listens: a screen for people, or a line for programs. */
function sayListening({ terminal, streams }: Program, facts: BannerFacts): void {
  const { config } = facts;
  if (config.logFormat === "text") terminal.write(banner(terminal, facts));
  // Written at every log level: programs that start a server wait for this line.
  else
    streams.logOnStdout({ ...config, logLevel: "info" }).info("listening", listeningFields(facts));
}

/** Leaves the credentials for other terminals. The server runs without that, too. */
function announce(terminal: Terminal, target: Target, notices: Notices): () => void {
  const { id, key, secret, port } = target;
  try {
    return announceDevelopment(terminal.env, port, { url: apiUrl(target), id, key, secret });
  } catch (error) {
    notices.warning(
      `fanwire tail and publish will need --app, since the credentials cannot be left for them: ${reasonOf(error)}`,
    );
    return () => {};
  }
}

function developmentTarget(config: Config, port: number): Target | null {
  const [app] = config.apps;
  const [credential] = app?.credentials ?? [];
  if (app === undefined || credential === undefined) return null;
  return {
    host: reachableHost(config.host),
    port,
    secure: config.sslEnabled,
    pathPrefix: config.pathPrefix,
    id: app.id,
    ...credential,
  };
}
