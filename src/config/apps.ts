// From configured settings to `App`s: of a file's list, of the variables that describe one app, and of the
// short form ID:KEY:SECRET. The invariant: no two apps of a result have the same id or the same key.

import type { App } from "../protocol/app.ts";
import { APP_INERT, APP_KEYS, APP_OPTIONS, type AppSettings } from "./app-options.ts";
import { refuseMissing, wholePair } from "./credentials.ts";
import { givensOfObject } from "./keys.ts";
import { refuseType, type Kind } from "./kinds.ts";
import { element, isGroup, member, refuse, show, type Place, type Report } from "./place.ts";
import { readTable, rows, writeTable, type Givens } from "./table.ts";
import {
  givensOfEnvironment,
  isSet,
  placeOfVariable,
  warnOfInertVariables,
  type Environment,
} from "./variables.ts";

/** Gives the place of a setting of one app, so that each source names it in its own way. */
type Where = (name: string) => Place;

/** The variable that holds one app as ID:KEY:SECRET. */
export const APP_VARIABLE = "FANWIRE_APP";

/** What the variables that describe one app begin with, the weakest first. */
export const APP_PREFIXES: readonly string[] = ["SOKETI_DEFAULT_APP_", "SOCKUDO_DEFAULT_APP_"];

/** The parts of ID:KEY:SECRET. */
export interface AppCredential {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** The list of apps in a file; an app that is refused is reported and left out. */
export const APPS: Kind<readonly App[]> = {
  allowed: "a list of apps",
  read(value, place) {
    if (!Array.isArray(value)) return refuseType(value, place, "a list of apps");
    const apps: App[] = [];
    for (const [index, each] of value.entries()) {
      const here = element(place, index);
      const app = readApp(each, here);
      if (app !== undefined && isDistinct(app, apps, (name) => member(here, name))) apps.push(app);
    }
    return apps;
  },
  write: (apps) => apps.map((app) => writeTable(APP_OPTIONS, settingsOf(app))),
};

/** Splits ID:KEY:SECRET at its first two colons; undefined when there are fewer, or a part is empty. */
export function parseAppCredential(text: string): AppCredential | undefined {
  const [, id, key, secret] = /^([^:]+):([^:]+):([^]+)$/.exec(text) ?? [];
  return id === undefined || key === undefined || secret === undefined
    ? undefined
    : { id, key, secret };
}

/** The app of ID:KEY:SECRET, with every default; undefined after mistakes were reported at `place`, without the text. */
export function appOfCredential(text: string, place: Place): App | undefined {
  const parts = parseAppCredential(text);
  if (parts === undefined)
    return refuse(
      { ...place, secret: true },
      { value: show(text), problem: "it must be ID:KEY:SECRET" },
    );
  // Secret as a whole: with the parts in a wrong order the secret is where the id should be.
  const where: Where = (name) => ({ ...place, key: `${place.key} (${name})`, secret: true });
  const givens = Object.entries(parts).map(
    ([name, value]) => [name, { value, name, place: where(name) }] as const,
  );
  return appOf(new Map(givens), where);
}

/** `apps` with those of the environment: each is added, or replaces the app of the same id. */
export function withEnvironmentApps(
  apps: readonly App[],
  env: Environment,
  report: Report,
): readonly App[] {
  warnOfInertVariables(APP_INERT, env, report);
  let all = apps;
  for (const prefix of APP_PREFIXES) {
    const options = rows(APP_OPTIONS).map(([, option]) => option);
    const givens = givensOfEnvironment(options, env, { report, prefix });
    const where: Where = (name) => placeOfVariable(prefix + name.toUpperCase(), report);
    if (givens.size > 0) all = withApp(all, appOf(givens, where), where("key"));
  }
  const short = env[APP_VARIABLE];
  if (!isSet(short)) return all;
  const place = placeOfVariable(APP_VARIABLE, report);
  return withApp(all, appOfCredential(short, place), place);
}

/** `apps` with `app`, which replaces the one of the same id. A key that another app has is reported at `place`. */
export function withApp(apps: readonly App[], app: App | undefined, place: Place): readonly App[] {
  if (app === undefined) return apps;
  const others = apps.filter(({ id }) => id !== app.id);
  if (!isDistinct(app, others, () => place)) return apps;
  return others.length === apps.length
    ? [...apps, app]
    : apps.map((each) => (each.id === app.id ? app : each));
}

function readApp(value: unknown, place: Place): App | undefined {
  if (!isGroup(value)) return refuseType(value, place, "a group with id, key and secret");
  return appOf(givensOfObject(APP_KEYS, value, place), (name) => member(place, name));
}

function appOf(givens: Givens, where: Where): App | undefined {
  const settings = readTable(APP_OPTIONS, givens);
  const { id, key, secret, credentials, enabled, clientEvents, subscriptionCount, ...limits } =
    settings;
  if (!givens.has("id")) refuseMissing(where("id"));
  const pairs = givens.has("credentials") ? credentials : wholePair({ key, secret }, givens, where);
  if (givens.has("credentials") && (givens.has("key") || givens.has("secret")))
    refuse(where("credentials"), { problem: "it must not stand beside key and secret" });
  if (id === undefined || pairs === undefined) return undefined;
  const several = "key" in pairs ? [pairs] : pairs;
  return { id, credentials: several, enabled, clientEvents, subscriptionCount, limits };
}

/** Whether neither the id nor a key of `app` is taken; reports the ones that are. */
function isDistinct(app: App, others: readonly App[], where: Where): boolean {
  const sameId = others.some(({ id }) => id === app.id);
  if (sameId) refuse(where("id"), { value: show(app.id), problem: "another app has this id" });
  const taken = new Set(others.flatMap(({ credentials }) => credentials.map(({ key }) => key)));
  const place = where(app.credentials.length === 1 ? "key" : "credentials");
  let distinct = !sameId;
  for (const { key } of app.credentials) {
    if (taken.has(key))
      distinct = refuse(place, { value: show(key), problem: "this key is taken" }) ?? false;
    taken.add(key);
  }
  return distinct;
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
