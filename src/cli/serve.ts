// The settings of `fanwire serve`: read, checked on this machine, and with the app of development mode if no app is
// configured.
import type { Config } from "../config/config.ts";
import { findObstacles } from "../process/obstacles.ts";
import { makeDevelopmentApp } from "./development.ts";
import { readArguments } from "./arguments.ts";
import { unknownCommand } from "./help.ts";
import { type LogIn, type Notices, noticesIn } from "./notices.ts";
import { logFormatWithoutOptions, readSettings, START_FLAGS } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** The settings of a start. */
export interface ServeSettings {
  readonly config: Config;
  /** Whether the server is in development mode, with a temporary app. */
  readonly development: boolean;
}

/** Reads and checks the settings. Null after all problems were reported. */
export async function readServeSettings(
  args: readonly string[],
  terminal: Terminal,
  logIn: LogIn,
): Promise<ServeSettings | null> {
  const read = readArguments(args, START_FLAGS);
  if (read.kind === "error") {
    const logFormat = await logFormatWithoutOptions(terminal.env);
    return refuse(noticesIn({ logFormat, logLevel: "info" }, terminal, logIn), [read.message]);
  }
  const reading = await readSettings(read.flags, terminal.env);
  if (reading.kind === "refused") {
    const { logFormat, problems } = reading;
    return refuse(noticesIn({ logFormat, logLevel: "info" }, terminal, logIn), problems);
  }
  const { config } = reading;
  const notices = noticesIn(config, terminal, logIn);
  const [surplus] = read.positions;
  if (surplus !== undefined) return refuse(notices, [unknownCommand(surplus)]);
  const { problems, warnings } = findObstacles(config);
  for (const warning of [...reading.warnings, ...warnings]) notices.warning(warning);
  if (problems.length > 0) return refuse(notices, problems);
  if (config.apps.length > 0) return { config, development: false };
  const apps = [makeDevelopmentApp((bytes) => crypto.getRandomValues(bytes))];
  return { config: { ...config, apps }, development: true };
}

function refuse(notices: Notices, problems: readonly string[]): null {
  for (const problem of problems) notices.problem(problem);
  return null;
}
