// Reads the configuration from a file's text, the environment and the command line, or collects all errors in them.
// It does no I/O. The command line takes precedence over the environment, the environment over the file, and the file
// over the defaults. A value that is overridden is not checked.

import type { App } from "../protocol/app.ts";
import { agreed } from "./agreement.ts";
import {
  appOfCredential,
  appsWith,
  withApp,
  withEnvironmentApps,
  type AppReading,
} from "./apps.ts";
import type { Config } from "./config.ts";
import { ignoredKeysOf } from "./dialects.ts";
import { givenInObject } from "./keys.ts";
import type { ConfigError } from "./config-error.ts";
import { defaultLimits } from "./options/limits.ts";
import { KEYS, OPTIONS, SERVER_OPTIONS } from "./options.ts";
import { refuse, show, type SourcePosition, type Report } from "./source-position.ts";
import { refusePlaceholders } from "./placeholders.ts";
import { parseFile, type ConfigFile } from "./syntax.ts";
import { optionsOf, readTable, rows, type GivenValue, type GivenValues } from "./table.ts";
import { warnOfUnknownVariables } from "./unknown-variables.ts";
import {
  givenInEnvironment,
  isSet,
  warnOfIgnoredVariables,
  type Environment,
} from "./variables.ts";

/** The options of the command line as text, by their name in `Config`. Each element of `app` is ID:KEY:SECRET. */
export type Overrides = {
  readonly [Name in Exclude<keyof Config, "apps">]?: string | undefined;
} & { readonly app?: readonly string[] | undefined };

/** The sources of a configuration. */
export interface ConfigSource {
  readonly file?: ConfigFile | undefined;
  readonly env: Environment;
  readonly overrides?: Overrides | undefined;
}

/** The configuration with its warnings, one sentence each, or all errors, at least one. */
export type ConfigReading =
  | { readonly kind: "config"; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: "errors"; readonly errors: readonly ConfigError[] };

/** Reads the configuration. Never throws. No error and no warning contains a secret. */
export function readConfig({ file, env, overrides = {} }: ConfigSource): ConfigReading {
  const report: Report = { errors: [], warnings: [] };
  const givenValues = givenInAll({ file, env, overrides }, report);
  warnOfIgnoredVariables(ignoredKeysOf("server"), env, report);
  warnOfUnknownVariables(env, report);
  const server = agreed(readTable(SERVER_OPTIONS, givenValues), givenValues);
  const apps = appsOf(givenValues, { env, overrides }, { report, limits: defaultLimits(server) });
  const { errors, warnings } = report;
  if (errors.length > 0) return { kind: "errors", errors };
  return { kind: "config", config: { ...server, apps }, warnings };
}

/** The format of the log, even if other options are invalid: errors of the configuration are written in that format. */
export function readLogFormat(source: ConfigSource): Config["logFormat"] {
  const givenValues = givenInAll(source, { errors: [], warnings: [] });
  return readTable(SERVER_OPTIONS, givenValues).logFormat;
}

function givenInAll({ file, env, overrides = {} }: ConfigSource, report: Report): GivenValues {
  return new Map([
    ...givenInFile(file, report),
    ...givenInEnvironment(optionsOf(OPTIONS), env, { report }),
    ...givenInOverrides(overrides, report),
  ]);
}

/** The apps of all sources. */
function appsOf(
  givenValues: GivenValues,
  { env, overrides = {} }: ConfigSource,
  reading: AppReading,
): readonly App[] {
  const given = givenValues.get(OPTIONS.apps.path);
  const inFile =
    given === undefined ? undefined : appsWith(reading.limits).read(given.value, given.position);
  return withTypedApps(
    withEnvironmentApps(inFile ?? [], env, reading),
    overrides.app ?? [],
    reading,
  );
}

/** `apps` with those of the command line. Each replaces the app with the same id; two `--app` with one id are an error. */
function withTypedApps(
  apps: readonly App[],
  texts: readonly string[],
  { report, limits }: AppReading,
): readonly App[] {
  const position = typed("--app", report);
  const ids = new Set<string>();
  let all = apps;
  for (const text of texts) {
    const app = appOfCredential(text, position, limits);
    if (app === undefined) continue;
    if (ids.has(app.id))
      refuse(position, { value: show(app.id), problem: "another --app has this id" });
    else all = withApp(all, app, position);
    ids.add(app.id);
  }
  return all;
}

function givenInFile(file: ConfigFile | undefined, report: Report): GivenValues {
  const object = file === undefined ? undefined : parseFile(file, report);
  if (file === undefined || object === undefined) return new Map();
  const position: SourcePosition = { source: file.path, key: "", report };
  refusePlaceholders(object, position);
  return givenInObject(KEYS, object, position);
}

function givenInOverrides(overrides: Overrides, report: Report): GivenValues {
  const givenValues = new Map<string, GivenValue>();
  for (const [setting, option] of rows(OPTIONS)) {
    const value = setting === "apps" ? undefined : overrides[setting];
    const name = option.commandLine ?? option.path;
    if (isSet(value)) givenValues.set(option.path, { value, name, position: typed(name, report) });
  }
  return givenValues;
}

function typed(key: string, report: Report): SourcePosition {
  return { source: "command line", key, report };
}
