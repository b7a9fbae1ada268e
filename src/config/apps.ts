// From configured settings to `App`s: of a file's list, of the variables that describe one app, and of the
// short form ID:KEY:SECRET. The invariant: no two apps of a result have the same id or the same key.

import { DEFAULT_LIMITS, type App, type AppLimits } from "../protocol/app.ts";
import { APP_KEYS, APP_OPTIONS } from "./app-options.ts";
import { refuseMissing, wholePair } from "./credentials.ts";
import { APP_VARIABLE_PREFIXES, ignoredKeysOf } from "./dialects.ts";
import { givenInObject } from "./keys.ts";
import { refuseType, type Kind } from "./kinds.ts";
import {
  element,
  isGroup,
  member,
  refuse,
  show,
  type SourcePosition,
  type Report,
} from "./source-position.ts";
import type { AppSettings } from "./settings.ts";
import { optionsOf, readTable, writeTable, type GivenValues } from "./table.ts";
import {
  givenInEnvironment,
  isSet,
  positionOfVariable,
  warnOfIgnoredVariables,
  type Environment,
} from "./variables.ts";

/** Gives the place of a setting of one app, so that each source names it in its own way. */
type PositionOf = (name: string) => SourcePosition;

/** Where settings of one app come from, and the limits it has when it sets none. */
interface AppSource {
  readonly positionOf: PositionOf;
  readonly limits: AppLimits;
}

/** What reading apps needs besides them. */
export interface AppReading {
  readonly report: Report;
  /** What an app has that sets none. */
  readonly limits: AppLimits;
}

/** The variable that holds one app as ID:KEY:SECRET. */
export const APP_VARIABLE = "FANWIRE_APP";

/** The parts of ID:KEY:SECRET. */
export interface AppCredential {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** The list of apps in a file, each with Pusher's limits where it sets none. */
export const APPS: Kind<readonly App[]> = appsWith(DEFAULT_LIMITS);

/** The list of apps in a file, each with `limits` where it sets none; what is wrong with an app is reported. */
export function appsWith(limits: AppLimits): Kind<readonly App[]> {
  return {
    allowed: "a list of apps",
    read(value, position) {
      if (!Array.isArray(value)) return refuseType(value, position, "a list of apps");
      const apps: App[] = [];
      const taken = new Set<string>();
      for (const [index, each] of value.entries()) {
        const here = element(position, index);
        const positionOf: PositionOf = (name) => member(here, name);
        const app = readApp(each, here, { positionOf, limits });
        if (app === undefined) continue;
        claim(app, taken, positionOf);
        apps.push(app);
      }
      return apps;
    },
    write: (apps) => apps.map((app) => writeTable(APP_OPTIONS, settingsOf(app))),
  };
}

/** Splits ID:KEY:SECRET at its first two colons; undefined when there are fewer, or a part is empty. */
export function parseAppCredential(text: string): AppCredential | undefined {
  const [, id, key, secret] = /^([^:]+):([^:]+):([^]+)$/.exec(text) ?? [];
  return id === undefined || key === undefined || secret === undefined
    ? undefined
    : { id, key, secret };
}

/** The app of ID:KEY:SECRET, with every default; undefined after mistakes were reported at `place`, without the text. */
export function appOfCredential(
  text: string,
  position: SourcePosition,
  limits: AppLimits,
): App | undefined {
  const parts = parseAppCredential(text);
  if (parts === undefined)
    return refuse(
      { ...position, secret: true },
      { value: show(text), problem: "it must be ID:KEY:SECRET" },
    );
  // Secret as a whole: with the parts in a wrong order the secret is where the id should be.
  const positionOf: PositionOf = (name) => ({
    ...position,
    key: `${position.key} (${name})`,
    secret: true,
  });
  const givenValues = Object.entries(parts).map(
    ([name, value]) => [name, { value, name, position: positionOf(name) }] as const,
  );
  return appOf(new Map(givenValues), { positionOf, limits });
}

/** `apps` with those of the environment: each is added, or replaces the app of the same id. */
export function withEnvironmentApps(
  apps: readonly App[],
  env: Environment,
  { report, limits }: AppReading,
): readonly App[] {
  warnOfIgnoredVariables(ignoredKeysOf("app"), env, report);
  let all = apps;
  for (const prefix of APP_VARIABLE_PREFIXES) {
    const begin = `${prefix}DEFAULT_APP_`;
    const givenValues = givenInEnvironment(optionsOf(APP_OPTIONS), env, { report, prefix });
    const positionOf: PositionOf = (name) => positionOfVariable(begin + name.toUpperCase(), report);
    // Sockudo's older name of one setting makes no app alone.
    if ([...givenValues.values()].some(({ name }) => name.startsWith(begin)))
      all = withApp(all, appOf(givenValues, { positionOf, limits }), positionOf("key"));
  }
  const short = env[APP_VARIABLE];
  if (!isSet(short)) return all;
  const position = positionOfVariable(APP_VARIABLE, report);
  return withApp(all, appOfCredential(short, position, limits), position);
}

/** `apps` with `app`, which replaces the one of the same id. A key that another app has is reported at `place`. */
export function withApp(
  apps: readonly App[],
  app: App | undefined,
  position: SourcePosition,
): readonly App[] {
  if (app === undefined) return apps;
  const others = apps.filter(({ id }) => id !== app.id);
  claim(app, new Set(others.flatMap(claimsOf)), () => position);
  return others.length === apps.length
    ? [...apps, app]
    : apps.map((each) => (each.id === app.id ? app : each));
}

function readApp(value: unknown, position: SourcePosition, source: AppSource): App | undefined {
  if (!isGroup(value)) return refuseType(value, position, "a group with id, key and secret");
  return appOf(givenInObject(APP_KEYS, value, position), source);
}

function appOf(
  givenValues: GivenValues,
  { positionOf, limits: defaults }: AppSource,
): App | undefined {
  const { id, key, secret, credentials, ...settings } = readTable(
    APP_OPTIONS,
    givenValues,
    defaults,
  );
  const { enabled, clientEvents, subscriptionCount, watchlist, ...more } = settings;
  const { authorisedConnections, replayProtection, allowedOrigins, ...lists } = more;
  const { webhooks, channelDelta, ...limits } = lists;
  if (!givenValues.has("id")) refuseMissing(positionOf("id"));
  const pairs = givenValues.has("credentials")
    ? credentials
    : wholePair({ key, secret }, givenValues, positionOf);
  if (givenValues.has("credentials") && (givenValues.has("key") || givenValues.has("secret")))
    refuse(positionOf("credentials"), { problem: "it must not stand beside key and secret" });
  if (id === undefined || pairs === undefined) return undefined;
  return {
    id,
    credentials: "key" in pairs ? [pairs] : pairs,
    enabled,
    clientEvents,
    subscriptionCount,
    watchlist,
    authorisedConnections,
    replayProtection,
    allowedOrigins,
    webhooks,
    channelDelta,
    limits,
  };
}

/** Adds the id and the keys of `app` to those that are taken; reports each that was already. */
function claim(app: App, taken: Set<string>, positionOf: PositionOf): void {
  const keyPosition = positionOf(app.credentials.length === 1 ? "key" : "credentials");
  for (const name of claimsOf(app)) {
    const [kind = "", value] = name.split(" ");
    const position = kind === "id" ? positionOf("id") : keyPosition;
    if (taken.has(name))
      refuse(position, { value: show(value), problem: `another has this ${kind}` });
    taken.add(name);
  }
}

/** What no two apps may have, as `id ID` and `key KEY`: neither holds a space. */
function claimsOf({ id, credentials }: App): readonly string[] {
  return [`id ${id}`, ...credentials.map(({ key }) => `key ${key}`)];
}

function settingsOf({ limits, credentials, ...app }: App): AppSettings {
  const [only, ...more] = credentials;
  const alone = more.length === 0;
  return {
    ...limits,
    ...app,
    key: alone ? only?.key : undefined,
    secret: alone ? only?.secret : undefined,
    credentials: alone ? undefined : credentials,
  };
}
