// The program: reads the command line, starts what it asks for and ends it on a signal.
import { isatty } from "node:tty";
import manifest from "../package.json" with { type: "json" };
import { asksForHelp } from "./cli/arguments.ts";
import { banner, listeningFields, reachableHost } from "./cli/banner.ts";
import { runConfig } from "./cli/config.ts";
import { type DemoServer, runDemo } from "./cli/demo.ts";
import { announceDevelopment, type DevelopmentServer } from "./cli/development.ts";
import { HELP, helpOf, isCommand, unknownCommand } from "./cli/help.ts";
import { type LogForm, type LogIn, type Notices, noticesIn } from "./cli/notices.ts";
import { runPublish } from "./cli/publish.ts";
import { readServeSettings } from "./cli/serve.ts";
import { runTail } from "./cli/tail.ts";
import { apiUrl, type Target } from "./cli/snippets.ts";
import { complain, type Terminal } from "./cli/terminal.ts";
import type { Config } from "./config/config.ts";
import { clearStaleSocket, ListenError } from "./listening.ts";
import { createLog, type Log } from "./log/log.ts";
import { socketProblem } from "./obstacles.ts";
import { Output, standardStream } from "./output.ts";
import { type Node, startNode } from "./wire.ts";

type Pages = (path: string) => Response | null;

/** How long the end of a server waits for those who read what it has said. */
const LAST_WORDS_MS = 1000;
/** Printed for people, who read what is lost as they read the rest. */
const LOSS_IN_TEXT = (lines: number): string => `(${lines} lines could not be written)\n`;

const [command = "serve", ...rest] = process.argv.slice(2);
const isServer = command === "serve" || command === "demo" || !isCommand(command);
/** How the log is written, once that is known. */
let logForm: LogForm | null = null;
const stdout = new Output({
  take: standardStream(1),
  lossNotice: (lines) => (logForm?.logFormat === "json" ? lossOfLog(lines) : LOSS_IN_TEXT(lines)),
  // A command that nobody reads has nothing to do any more; a server has.
  ...(isServer ? {} : { gone: () => process.exit(1) }),
});
const stderr = new Output({ take: standardStream(2), lossNotice: lossOfLog });
const terminal: Terminal = {
  env: process.env,
  colour: isatty(1) && !process.env["NO_COLOR"],
  readInput,
  write: (text) => stdout.write(text),
  writeError: (text) => stderr.write(text),
};
const logIn: LogIn = (form) => {
  logForm = form;
  return logOf(form, (line) => stderr.write(line));
};

// A server runs until a signal ends it; every other command ends with its code.
const code = await run(command, rest);
if (code !== null) {
  // Whoever has asked for something is waited for, as by any other program.
  await stdout.flush(Infinity);
  if (stdout.lostLines > 0) complain(terminal, "Cannot write to standard output", 1);
  await stderr.flush(LAST_WORDS_MS);
  process.exit(stdout.lostLines > 0 ? 1 : code);
}

async function run(name: string, args: readonly string[]): Promise<number | null> {
  if (name === "--version" || name === "version") return say(`${manifest.version}\n`);
  if (name === "--help" || name === "-h" || name === "help") return help(args);
  if (asksForHelp(args)) return isCommand(name) ? say(helpOf(name)) : help([]);
  switch (name) {
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

function help([name]: readonly string[]): number {
  if (name === undefined) return say(HELP);
  return isCommand(name) ? say(helpOf(name)) : complain(terminal, unknownCommand(name), 2);
}

function say(text: string): number {
  terminal.write(text);
  return 0;
}

async function serve(args: readonly string[]): Promise<number | null> {
  const settings = await readServeSettings(args, terminal, logIn);
  if (settings === null) return 2;
  const { config, development } = settings;
  const log = logIn(config);
  const notices = noticesIn(config, terminal, logIn);
  const occupied = await socketProblem(config);
  if (occupied !== null) {
    notices.problem(occupied);
    return 1;
  }
  if (await clearStaleSocket(config))
    log.info("socket of a server that has ended replaced", { path: config.unixSocketPath });
  const node = start(config, log, notices);
  if (node === null) return 1;
  const target = development ? developmentTarget(config, node) : null;
  // Before anything is left on the disk: a signal must find somebody who removes it.
  const leaving = obeySignals(config, node, log);
  if (target !== null) leaving.push(announce(target, node.port, notices));
  const facts = {
    version: manifest.version,
    startMs: Date.now() - performance.timeOrigin,
    config,
    port: node.port,
    metricsPort: node.metricsPort,
    capacity: node.capacity,
    development: target,
  };
  if (config.logFormat === "text") terminal.write(banner(terminal, facts));
  // Whatever the level of the log: whoever starts a server waits for this line.
  else
    logOf({ ...config, logLevel: "info" }, (line) => stdout.write(line)).info(
      "listening",
      listeningFields(facts),
    );
  return null;
}

function startDemo(config: Config, pages: Pages): DemoServer | null {
  const log = logIn(config);
  const node = start(config, log, noticesIn(config, terminal, logIn), pages);
  if (node === null) return null;
  const leaving = obeySignals(config, node, log);
  return { ...node, onLeave: (action) => void leaving.push(action) };
}

function logOf({ logLevel, logFormat }: LogForm, write: (line: string) => void): Log {
  return createLog({
    level: logLevel,
    format: logFormat,
    colour: isatty(2) && !process.env["NO_COLOR"],
    write,
    nowMs: Date.now,
  });
}

/** What the log says in place of lines that it could not write. */
function lossOfLog(lines: number): string {
  if (logForm === null) return LOSS_IN_TEXT(lines);
  let notice = "";
  logOf({ ...logForm, logLevel: "warn" }, (line) => (notice = line)).warn("log lines lost", {
    lines,
  });
  return notice;
}

function start(config: Config, log: Log, notices: Notices, pages?: Pages): Node | null {
  try {
    return startNode(config, manifest.version, log, pages);
  } catch (error) {
    const own = config.unixSocketEnabled ? config.unixSocketPath : `${config.host}:${config.port}`;
    const place = error instanceof ListenError ? error.place : own;
    notices.problem(`Cannot listen on ${place}: ${describe(error)}`);
    return null;
  }
}

/** SIGHUP takes the certificate again. The first SIGTERM or SIGINT sends the clients elsewhere and ends in order, the second ends at once. Returns the list of what is done on leaving. */
function obeySignals(config: Config, node: Node, log: Log): (() => void)[] {
  const leaving: (() => void)[] = [];
  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) process.exit(1);
    ending = true;
    for (const leave of leaving) leave();
    await node.stop();
    await Promise.all([stdout.flush(LAST_WORDS_MS), stderr.flush(LAST_WORDS_MS)]);
    process.exit(0);
  };
  process.on("SIGTERM", () => void end());
  process.on("SIGINT", () => void end());
  const hasCertificate = config.sslEnabled && !config.unixSocketEnabled;
  // One after the other: each waits for those who come to the former listener.
  let renewed = Promise.resolve();
  process.on("SIGHUP", () => {
    if (!hasCertificate) log.info("nothing to take again", { reason: "TLS is off" });
    else renewed = renewed.then(() => renew(node, log));
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
function announce(target: Target, port: number, notices: Notices): () => void {
  try {
    return announceDevelopment(terminal.env, port, credentialsOf(target));
  } catch (error) {
    notices.warning(
      `fanwire tail and publish will need --app, since the credentials cannot be left for them: ${describe(error)}`,
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

async function readInput(maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Bun.stdin.stream()) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
