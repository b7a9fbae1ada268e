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
import { refuse, show, type Place, type Report } from "./place.ts";
import { refusePlaceholders } from "./placeholders.ts";
import { parseFile, type ConfigFile } from "./syntax.ts";
import { optionsOf, readTable, rows, type Given, type Givens } from "./table.ts";
import { warnOfUnknownVariables } from "./unknown-variables.ts";
import { givensOfEnvironment, isSet, warnOfInertVariables, type Environment } from "./variables.ts";

/** What the command line gives, as it was typed. Names are those of `Config`; each of `app` is ID:KEY:SECRET. */
export type Overrides = {
  readonly [Name in Exclude<keyof Config, "apps">]?: string | undefined;
} & { readonly app?: readonly string[] | undefined };

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
  const givens = givensOfAll({ file, env, overrides }, report);
  warnOfInertVariables(INERT, env, report);
  warnOfUnknownVariables(env, report);
  const server = agreed(readTable(SERVER_OPTIONS, givens), givens);
  const apps = appsOf(givens, { env, overrides }, { report, limits: defaultLimits(server) });
  const { mistakes, warnings } = report;
  if (mistakes.length > 0) return { kind: "mistakes", mistakes };
  return { kind: "config", config: { ...server, apps }, warnings };
}

/** How the log is to be written, also where the rest of the configuration is wrong: mistakes are told in that form. */
export function readLogFormat(source: ConfigSource): Config["logFormat"] {
  const givens = givensOfAll(source, { mistakes: [], warnings: [] });
  return readTable(SERVER_OPTIONS, givens).logFormat;
}

function givensOfAll({ file, env, overrides = {} }: ConfigSource, report: Report): Givens {
  return new Map([
    ...givensOfFile(file, report),
    ...givensOfEnvironment(optionsOf(OPTIONS), env, { report }),
    ...givensOfOverrides(overrides, report),
  ]);
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
  return withTypedApps(
    withEnvironmentApps(inFile ?? [], env, reading),
    overrides.app ?? [],
    reading,
  );
}

/** `apps` with those of the command line, of which each replaces one of the same id, but none of its own kind. */
function withTypedApps(
  apps: readonly App[],
  texts: readonly string[],
  { report, limits }: AppReading,
): readonly App[] {
  const place = typed("--app", report);
  const ids = new Set<string>();
  let all = apps;
  for (const text of texts) {
    const app = appOfCredential(text, place, limits);
    if (app === undefined) continue;
    if (ids.has(app.id))
      refuse(place, { value: show(app.id), problem: "another --app has this id" });
    else all = withApp(all, app, place);
    ids.add(app.id);
  }
  return all;
}

function givensOfFile(file: ConfigFile | undefined, report: Report): Givens {
  const object = file === undefined ? undefined : parseFile(file, report);
  if (file === undefined || object === undefined) return new Map();
  const place: Place = { source: file.path, key: "", report };
  refusePlaceholders(object, place);
  return givensOfObject(KEYS, object, place);
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
