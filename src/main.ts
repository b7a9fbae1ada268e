// The command line: which command is run, and the code it ends with.
import manifest from "../package.json" with { type: "json" };
import { asksForHelp } from "./cli/arguments.ts";
import { runConfig } from "./cli/config.ts";
import { runDemo } from "./cli/demo.ts";
import { HELP, helpOf, isCommand, unknownCommand } from "./cli/help.ts";
import { runHealth } from "./cli/health.ts";
import { runPublish } from "./cli/publish.ts";
import { runTail } from "./cli/tail.ts";
import { complain, type Terminal } from "./cli/terminal.ts";
import { type Program, serve, startDemo } from "./compose/serve.ts";
import { runWorker } from "./compose/worker.ts";
import { endCommand, openStreams, readInput } from "./process/streams.ts";
import { isWorkerProcess } from "./process/worker-process.ts";

const [command = "serve", ...rest] = process.argv.slice(2);
const isServer = command === "serve" || command === "demo" || !isCommand(command);
const streams = openStreams(!isServer);
const terminal: Terminal = {
  env: process.env,
  colour: streams.colour,
  readInput,
  write: (text) => streams.stdout.write(text),
  writeError: (text) => streams.stderr.write(text),
};
const program: Program = { version: manifest.version, streams, terminal };

// A server runs until a signal ends it; every other command ends with its code.
const code = isWorkerProcess() ? work() : await run(command, rest);
if (code !== null)
  await endCommand(streams, code, () => complain(terminal, "Cannot write to standard output", 1));

async function run(name: string, args: readonly string[]): Promise<number | null> {
  if (name === "--version" || name === "version") return say(`${manifest.version}\n`);
  if (name === "--help" || name === "-h" || name === "help") return help(args);
  if (asksForHelp(args)) return isCommand(name) ? say(helpOf(name)) : help([]);
  switch (name) {
    case "publish":
      return runPublish(args, terminal);
    case "tail":
      return runTail(args, terminal);
    case "health":
      return runHealth(args, terminal);
    case "demo":
      return runDemo(args, terminal, (config, pages) => startDemo(program, config, pages));
    case "config":
      return runConfig(args, terminal);
    case "serve":
      return serve(program, args);
    default:
      return serve(program, [name, ...args]);
  }
}

/** A part of a server with several processes, which its primary has started. */
function work(): null {
  runWorker(program);
  return null;
}

function help([name]: readonly string[]): number {
  if (name === undefined) return say(HELP);
  return isCommand(name) ? say(helpOf(name)) : complain(terminal, unknownCommand(name), 2);
}

function say(text: string): number {
  terminal.write(text);
  return 0;
}
