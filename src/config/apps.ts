// Reads apps from the list in a file, from the variables that describe one app, and from the short form
// ID:KEY:SECRET. The invariant: no two apps of a result have the same id or the same key.

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

/** Gives the position of one setting of an app. Each source names settings in its own way. */
type PositionOf = (name: string) => SourcePosition;

/** The source of one app's settings, and the limits that apply where the app sets none. */
interface AppSource {
  readonly positionOf: PositionOf;
  readonly limits: AppLimits;
}

/** What every function that reads apps needs. */
export interface AppReading {
  readonly report: Report;
  /** The limits that apply where an app sets none. */
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

/** The list of apps in a file, with Pusher's limits where an app sets none. */
export const APPS: Kind<readonly App[]> = appsWith(DEFAULT_LIMITS);

/** The list of apps in a file, with `limits` where an app sets none. An invalid app is reported and left out. */
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

/** Splits ID:KEY:SECRET at its first two colons. Undefined when there are fewer colons or a part is empty. */
export function parseAppCredential(text: string): AppCredential | undefined {
  const [, id, key, secret] = /^([^:]+):([^:]+):([^]+)$/.exec(text) ?? [];
  return id === undefined || key === undefined || secret === undefined
    ? undefined
    : { id, key, secret };
}

/** The app of ID:KEY:SECRET, with every default. Undefined after errors were reported at `position`, which never show the text. */
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
  // No part is ever shown: if the parts are in the wrong order, the secret is in the place of the id.
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

/** `apps` with the apps of the environment. Each is added, or replaces the app with the same id. */
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
    // SOCKUDO_ENABLE_CLIENT_MESSAGES, an older name of one setting, does not describe an app by itself.
    if ([...givenValues.values()].some(({ name }) => name.startsWith(begin)))
      all = withApp(all, appOf(givenValues, { positionOf, limits }), positionOf("key"));
  }
  const short = env[APP_VARIABLE];
  if (!isSet(short)) return all;
  const position = positionOfVariable(APP_VARIABLE, report);
  return withApp(all, appOfCredential(short, position, limits), position);
}

/** `apps` with `app`, which replaces the app with the same id. A key that another app has is reported at `position`. */
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

/** Adds the id and the keys of `app` to `taken`. Reports each that another app has. */
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

/** The names that must be unique among apps, as `id ID` and `key KEY`. Ids and keys contain no space. */
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
