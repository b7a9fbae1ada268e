// `fanwire config`: `check` reports what would keep the server from starting, `print` shows the effective configuration,
// `docs` describes all options. Results go to standard output, errors and warnings to standard error.
import { documentConfig } from "../config/docs.ts";
import { printConfig } from "../config/print.ts";
import { printable, printableLines } from "../log/printable.ts";
import { findObstacles, hostProblems, socketProblem } from "../process/obstacles.ts";
import { readArguments } from "./arguments.ts";
import { unknownCommand } from "./help.ts";
import { privateWebhooks } from "./private-webhooks.ts";
import { readSettings, type SettingsReading, START_FLAGS } from "./settings.ts";
import { complain, type Terminal } from "./terminal.ts";

/** The parts of a terminal that this command uses. */
export type ConfigTerminal = Pick<Terminal, "env" | "write" | "writeError">;

const USAGE = "Usage: fanwire config check|print|docs [--config FILE]";
const COMMANDS = ["check", "print", "docs"] as const;

/** Runs `check`, `print` or `docs`. Returns the exit code: 0, or 2 when the configuration or the command is wrong. */
export async function runConfig(args: readonly string[], io: ConfigTerminal): Promise<number> {
  const read = readArguments(args, START_FLAGS);
  if (read.kind === "error") return complain(io, read.message, 2);
  const [command, ...rest] = read.positions;
  if (command === undefined || rest.length > 0) return complain(io, USAGE, 2);
  switch (command) {
    case "check":
      return check(await readSettings(read.flags, io.env), io);
    case "print":
      return print(await readSettings(read.flags, io.env), io);
    case "docs":
      io.write(documentConfig());
      return 0;
    default:
      return complain(io, unknownCommand(command, COMMANDS), 2);
  }
}

async function check(reading: SettingsReading, io: ConfigTerminal): Promise<number> {
  if (reading.kind === "refused") return refuse(io, reading.problems);
  const { config, warnings, file } = reading;
  const { problems, warnings: doubts } = findObstacles(config);
  const socket = await socketProblem(config);
  const all = [...problems, ...(await hostProblems(config))];
  if (socket !== null) all.push(socket);
  if (file !== null && config.apps.length === 0)
    all.push(
      `${file}: Cannot find an app: apps must have at least one, without any the server would make one for each run`,
    );
  warn(io, [...warnings, ...doubts, ...(await privateWebhooks(config))]);
  if (file === null && config.apps.length === 0)
    warn(io, ["no app is configured, the server would start in development mode"]);
  if (all.length > 0) return refuse(io, all);
  io.write(`${printable(file ?? "The environment")} is valid\n`);
  return 0;
}

function print(reading: SettingsReading, io: ConfigTerminal): number {
  if (reading.kind === "refused") return refuse(io, reading.problems);
  warn(io, reading.warnings);
  io.write(`${printableLines(printConfig(reading.config))}\n`);
  return 0;
}

function warn(io: ConfigTerminal, sentences: readonly string[]): void {
  for (const sentence of sentences) complain(io, `Warning: ${sentence}`, 0);
}

function refuse(io: ConfigTerminal, problems: readonly string[]): number {
  for (const problem of problems) complain(io, problem, 2);
  return 2;
}
