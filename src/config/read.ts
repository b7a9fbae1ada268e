// From a file's text, the environment and the command line to the configuration, or to all that is wrong with
// them. No I/O: whoever calls has read the file. The command line is stronger than the environment, that than
// the file, that than the defaults; a value that a stronger source replaces is not looked at.

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
import { INERT } from "./inert-keys.ts";
import { givensOfObject } from "./keys.ts";
import type { Mistake } from "./mistakes.ts";
import { defaultLimits } from "./options/limits.ts";
import { KEYS, OPTIONS, SERVER_OPTIONS } from "./options.ts";
import type { Place, Report } from "./place.ts";
import { parseFile, type ConfigFile } from "./syntax.ts";
import { optionsOf, readTable, rows, type Given, type Givens } from "./table.ts";
import { givensOfEnvironment, isSet, warnOfInertVariables, type Environment } from "./variables.ts";

/** What the command line gives, as it was typed. Names are those of `Config`; `app` is ID:KEY:SECRET. */
export type Overrides = {
  readonly [Name in Exclude<keyof Config, "apps"> | "app"]?: string | undefined;
};

/** Everything that says how the server is configured. */
export interface ConfigSource {
  readonly file?: ConfigFile | undefined;
  readonly env: Environment;
  readonly overrides?: Overrides | undefined;
}

/** The configuration and what in it has no effect, one sentence each, or every mistake, at least one. */
export type ConfigReading =
  | { readonly kind: "config"; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: "mistakes"; readonly mistakes: readonly Mistake[] };

/** Reads the configuration. Never throws, and puts no secret into a mistake or a warning. */
export function readConfig({ file, env, overrides = {} }: ConfigSource): ConfigReading {
  const report: Report = { mistakes: [], warnings: [] };
  const givens = new Map([
    ...givensOfFile(file, report),
    ...givensOfEnvironment(optionsOf(OPTIONS), env, { report }),
    ...givensOfOverrides(overrides, report),
  ]);
  warnOfInertVariables(INERT, env, report);
  const server = agreed(readTable(SERVER_OPTIONS, givens), givens);
  const apps = appsOf(givens, { env, overrides }, { report, limits: defaultLimits(server) });
  const { mistakes, warnings } = report;
  if (mistakes.length > 0) return { kind: "mistakes", mistakes };
  return { kind: "config", config: { ...server, apps }, warnings };
}

/** The apps of all sources, the weakest first. */
function appsOf(
  givens: Givens,
  { env, overrides = {} }: ConfigSource,
  reading: AppReading,
): readonly App[] {
  const given = givens.get(OPTIONS.apps.path);
  const inFile =
    given === undefined ? undefined : appsWith(reading.limits).read(given.value, given.place);
  const apps = withEnvironmentApps(inFile ?? [], env, reading);
  if (!isSet(overrides.app)) return apps;
  const place = typed("--app", reading.report);
  return withApp(apps, appOfCredential(overrides.app, place, reading.limits), place);
}

function givensOfFile(file: ConfigFile | undefined, report: Report): Givens {
  const object = file === undefined ? undefined : parseFile(file, report);
  if (file === undefined || object === undefined) return new Map();
  return givensOfObject(KEYS, object, { source: file.path, key: "", report });
}

function givensOfOverrides(overrides: Overrides, report: Report): Givens {
  const givens = new Map<string, Given>();
  for (const [setting, option] of rows(OPTIONS)) {
    const value = setting === "apps" ? undefined : overrides[setting];
    const name = option.commandLine ?? option.path;
    if (isSet(value)) givens.set(option.path, { value, name, place: typed(name, report) });
  }
  return givens;
}

function typed(key: string, report: Report): Place {
  return { source: "command line", key, report };
}
