// Reads the command line, the environment and the configuration file into one configuration, or collects all problems.
// Used by `serve` and by `config`.
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

/** The configuration, or why it is refused. */
export type SettingsReading =
  | {
      readonly kind: "settings";
      readonly config: Config;
      /** One sentence for each key that does not do what its author may expect. */
      readonly warnings: readonly string[];
      /** The path of the file, or null when there is none. */
      readonly file: string | null;
    }
  | {
      readonly kind: "refused";
      /** One sentence for each problem. */
      readonly problems: readonly string[];
      /** The format in which to report them, as far as it could be read. */
      readonly logFormat: Config["logFormat"];
    };

/** Reads all sources of the configuration. */
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

/** The format of the log when the command line cannot be parsed. */
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
