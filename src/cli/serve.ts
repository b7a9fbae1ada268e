// What `fanwire serve` is told: its arguments, the environment and the configuration file, read
// into one configuration, with the app of development mode when there is no other.
import type { Config } from "../config/config.ts";
import { loadConfigFile } from "../config/load.ts";
import { formatMistakes, type Mistake } from "../config/mistakes.ts";
import { readConfig } from "../config/read.ts";
import { readArguments } from "./arguments.ts";
import { makeDevelopmentApp } from "./development.ts";
import { paint, type Terminal } from "./terminal.ts";

/** What the server starts with. */
export interface ServeSettings {
  readonly config: Config;
  /** Whether the only app was made for this run. */
  readonly development: boolean;
}

const SERVE_FLAGS = ["config", "host", "port", "app", "workers"] as const;

/** Reads everything and says all that is wrong with it. Null after it has complained. */
export async function readServeSettings(
  args: readonly string[],
  terminal: Terminal,
): Promise<ServeSettings | null> {
  const read = readArguments(args, SERVE_FLAGS);
  if (read.kind === "mistake") return complain(terminal, read.message);
  const [surplus] = read.positions;
  if (surplus !== undefined)
    return complain(terminal, `Cannot do "${surplus}": it is no command; see fanwire --help`);
  const { config: path, host, port, app, workers } = read.flags;
  const loaded = await loadConfigFile(path, terminal.env);
  if (loaded.kind === "mistakes") return complainOf(terminal, loaded.mistakes);
  const reading = readConfig({
    file: loaded.kind === "file" ? loaded.file : undefined,
    env: terminal.env,
    overrides: { host, port, app, workers },
  });
  if (reading.kind === "mistakes") return complainOf(terminal, reading.mistakes);
  const { config, warnings } = reading;
  for (const warning of warnings)
    terminal.writeError(`${paint(terminal, "yellow", "Warning")}: ${warning}\n`);
  if (config.workers !== 1)
    return complain(
      terminal,
      `Cannot start ${config.workers} workers: this version runs in one process, workers must be 1`,
    );
  if (config.apps.length > 0) return { config, development: false };
  const apps = [makeDevelopmentApp((bytes) => crypto.getRandomValues(bytes))];
  return { config: { ...config, apps }, development: true };
}

function complain(terminal: Terminal, message: string): null {
  terminal.writeError(`${message}\n`);
  return null;
}

function complainOf(terminal: Terminal, mistakes: readonly Mistake[]): null {
  return complain(terminal, formatMistakes(mistakes).trimEnd());
}
