// `fanwire config check|print|docs`: what is wrong with a configuration, what holds in the end, and what there is.
// Starts nothing. Results go to standard output, mistakes and warnings to standard error.
import { documentConfig } from "../config/docs.ts";
import { loadConfigFile } from "../config/load.ts";
import { formatMistakes } from "../config/mistakes.ts";
import { printConfig } from "../config/print.ts";
import { type ConfigReading, readConfig } from "../config/read.ts";
import { readArguments } from "./arguments.ts";
import type { Terminal } from "./terminal.ts";

/** What this command needs of a terminal. */
export type ConfigTerminal = Pick<Terminal, "env" | "write" | "writeError">;

const USAGE = "Usage: fanwire config check|print|docs [--config FILE]";

/** Runs `check`, `print` or `docs`. Returns the exit code: 0, or 2 when the configuration or the command is wrong. */
export async function runConfig(args: readonly string[], io: ConfigTerminal): Promise<number> {
  const read = readArguments(args, ["config"]);
  if (read.kind === "mistake") return fail(io, read.message);
  const [command = "", ...rest] = read.positions;
  if (rest.length > 0) return fail(io, USAGE);
  switch (command) {
    case "check":
      return check(read.flags.config, io);
    case "print":
      return print(read.flags.config, io);
    case "docs":
      io.write(documentConfig());
      return 0;
    default:
      return fail(io, USAGE);
  }
}

async function check(path: string | undefined, io: ConfigTerminal): Promise<number> {
  const { name, reading } = await readFrom(path, io);
  if (reading.kind === "mistakes") return fail(io, formatMistakes(reading.mistakes));
  for (const warning of reading.warnings) io.writeError(`Warning: ${warning}\n`);
  io.write(`${name} is valid\n`);
  return 0;
}

async function print(path: string | undefined, io: ConfigTerminal): Promise<number> {
  const { reading } = await readFrom(path, io);
  if (reading.kind === "mistakes") return fail(io, formatMistakes(reading.mistakes));
  io.write(`${printConfig(reading.config)}\n`);
  return 0;
}

async function readFrom(
  path: string | undefined,
  { env }: ConfigTerminal,
): Promise<{ readonly name: string; readonly reading: ConfigReading }> {
  const loaded = await loadConfigFile(path, env);
  switch (loaded.kind) {
    case "mistakes":
      return { name: "", reading: loaded };
    case "none":
      return { name: "The environment", reading: readConfig({ env }) };
    case "file":
      return { name: loaded.file.path, reading: readConfig({ file: loaded.file, env }) };
  }
  return loaded satisfies never;
}

function fail(io: ConfigTerminal, text: string): number {
  io.writeError(`${text}\n`);
  return 2;
}
