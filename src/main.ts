// The program: reads the command line, starts what it asks for and ends it on a signal.
import manifest from "../package.json" with { type: "json" };
import { banner, reachableHost } from "./cli/banner.ts";
import { runConfig } from "./cli/config.ts";
import { type DemoServer, runDemo } from "./cli/demo.ts";
import { announceDevelopment, type DevelopmentServer } from "./cli/development.ts";
import { HELP } from "./cli/help.ts";
import { runPublish } from "./cli/publish.ts";
import { readServeSettings } from "./cli/serve.ts";
import { runTail } from "./cli/tail.ts";
import { apiUrl, type Target } from "./cli/snippets.ts";
import type { Terminal } from "./cli/terminal.ts";
import type { Config } from "./config/config.ts";
import { clearStaleSocket } from "./listening.ts";
import { createLog, type Log } from "./log/log.ts";
import { type Node, startNode } from "./wire.ts";

type Pages = (path: string) => Response | null;

const terminal: Terminal = {
  env: process.env,
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
};

const [command = "serve", ...rest] = process.argv.slice(2);
// A server runs until a signal ends it; every other command ends with its code.
const code = await run(command, rest);
if (code !== null) process.exit(code);

async function run(name: string, args: readonly string[]): Promise<number | null> {
  switch (name) {
    case "--help":
    case "-h":
    case "help":
      terminal.write(HELP);
      return 0;
    case "--version":
    case "version":
      terminal.write(`${manifest.version}\n`);
      return 0;
    case "publish":
      return runPublish(args, terminal);
    case "tail":
      return runTail(args, terminal);
    case "demo":
      return runDemo(args, terminal, startDemo);
    case "config":
      return runConfig(args, terminal);
    case "serve":
      return serve(args);
    default:
      return serve([name, ...args]);
  }
}

async function serve(args: readonly string[]): Promise<number | null> {
  const settings = await readServeSettings(args, terminal);
  if (settings === null) return 2;
  const { config, development } = settings;
  const log = logOf(config);
  await clearStaleSocket(config);
  const node = start(config, log);
  if (node === null) return 1;
  const target = development ? developmentTarget(config, node) : null;
  // Before anything is left on the disk: a signal must find somebody who removes it.
  const leaving = obeySignals(node, log);
  if (target !== null) leaving.push(announce(target, node.port));
  terminal.write(
    banner(terminal, {
      version: manifest.version,
      startMs: Date.now() - performance.timeOrigin,
      config,
      port: node.port,
      metricsPort: node.metricsPort,
      capacity: node.capacity,
      development: target,
    }),
  );
  return null;
}

function startDemo(config: Config, pages: Pages): DemoServer | null {
  const log = logOf(config);
  const node = start(config, log, pages);
  if (node === null) return null;
  const leaving = obeySignals(node, log);
  return { ...node, onLeave: (action) => void leaving.push(action) };
}

function logOf(config: Config): Log {
  return createLog({
    level: config.logLevel,
    format: config.logFormat,
    colour: process.stderr.isTTY && !process.env["NO_COLOR"],
    write: (line) => terminal.writeError(line),
    nowMs: Date.now,
  });
}

function start(config: Config, log: Log, pages?: Pages): Node | null {
  try {
    return startNode(config, manifest.version, log, pages);
  } catch (error) {
    const where = config.unixSocketEnabled
      ? config.unixSocketPath
      : `${config.host}:${config.port}`;
    terminal.writeError(`Cannot listen on ${where}: ${describe(error)}\n`);
    return null;
  }
}

/** SIGHUP takes the certificate again. The first SIGTERM or SIGINT sends the clients elsewhere and ends in order, the second ends at once. Returns the list of what is done on leaving. */
function obeySignals(node: Node, log: Log): (() => void)[] {
  const leaving: (() => void)[] = [];
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) process.exit(1);
    ending = true;
    for (const leave of leaving) leave();
    await node.stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void end());
  process.on("SIGINT", () => void end());
  // One after the other: each waits for those who come to the former listener.
  let renewed = Promise.resolve();
  process.on("SIGHUP", () => {
    renewed = renewed.then(() => renew(node, log));
  });
  // One connection's fault must not end the others'.
  process.on("uncaughtException", (error) =>
    log.error("uncaught exception", { reason: describe(error) }),
  );
  process.on("unhandledRejection", (reason) =>
    log.error("unhandled rejection", { reason: describe(reason) }),
  );
  return leaving;
}

/** Leaves the credentials for other terminals. Nothing depends on it but their comfort. */
function announce(target: Target, port: number): () => void {
  try {
    return announceDevelopment(terminal.env, port, credentialsOf(target));
  } catch (error) {
    terminal.writeError(
      `Warning: fanwire tail and publish will need --app, since the credentials cannot be left for them: ${describe(error)}\n`,
    );
    return () => {};
  }
}

async function renew(node: Node, log: Log): Promise<void> {
  try {
    await node.renewCertificate();
    log.info("certificate renewed");
  } catch (error) {
    log.error("certificate not renewed", { reason: describe(error) });
  }
}

function developmentTarget(config: Config, node: Node): Target | null {
  const [app] = config.apps;
  const [credential] = app?.credentials ?? [];
  if (app === undefined || credential === undefined) return null;
  return {
    host: reachableHost(config.host),
    port: node.port,
    secure: config.sslEnabled,
    pathPrefix: config.pathPrefix,
    id: app.id,
    ...credential,
  };
}

function credentialsOf(target: Target): DevelopmentServer {
  const { id, key, secret } = target;
  return { url: apiUrl(target), id, key, secret };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
