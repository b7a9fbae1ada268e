// What the server is told in all: the options of the command line, the environment and the configuration file,
// read into one configuration or into all that is wrong. `serve` starts with it, `config` judges and prints it.
import type { Config } from "../config/config.ts";
import { loadConfigFile } from "../config/load.ts";
import { formatConfigErrors, type ConfigError } from "../config/config-error.ts";
import { readConfig, readLogFormat } from "../config/read.ts";
import type { ConfigFile } from "../config/syntax.ts";
import type { Environment } from "../config/variables.ts";
import type { Flags } from "./arguments.ts";

/** The options of a start. */
export const START_FLAGS = {
  config: "once",
  host: "once",
  port: "once",
  app: "many",
  workers: "once",
} as const;

/** What was read. */
export type SettingsReading =
  | {
      readonly kind: "settings";
      readonly config: Config;
      /** What in it has no effect, one sentence each. */
      readonly warnings: readonly string[];
      /** The path of the file, or null when there is none. */
      readonly file: string | null;
    }
  | {
      readonly kind: "refused";
      /** All that is wrong, one sentence each. */
      readonly problems: readonly string[];
      /** How they are to be told, as far as that could be read. */
      readonly logFormat: Config["logFormat"];
    };

/** Reads everything. */
export async function readSettings(
  { config: path, ...overrides }: Flags<typeof START_FLAGS>,
  env: Environment,
): Promise<SettingsReading> {
  const loaded = await loadConfigFile(path, env);
  if (loaded.kind === "errors") return refused(loaded.errors, undefined, env);
  const file = loaded.kind === "file" ? loaded.file : undefined;
  const reading = readConfig({ file, env, overrides });
  if (reading.kind === "errors") return refused(reading.errors, file, env);
  const { config, warnings } = reading;
  return { kind: "settings", config, warnings, file: file?.path ?? null };
}

/** How the log would be written, where the options of a start cannot be read. */
export async function logFormatWithoutOptions(env: Environment): Promise<Config["logFormat"]> {
  const loaded = await loadConfigFile(undefined, env);
  return readLogFormat({ file: loaded.kind === "file" ? loaded.file : undefined, env });
}

function refused(
  errors: readonly ConfigError[],
  file: ConfigFile | undefined,
  env: Environment,
): SettingsReading {
  const problems = errors.map((error) => formatConfigErrors([error]));
  return { kind: "refused", problems, logFormat: readLogFormat({ file, env }) };
}
