// Combines our tables of options with the dialects of other servers: their names for our options, and their keys
// that are accepted without effect. No option and no key of a server is named here.

import { ARTICLE } from "./dialects/article.ts";
import type { Dialect, ObjectDialect } from "./dialects/dialect.ts";
import { SOCKUDO } from "./dialects/sockudo.ts";
import { SOKETI } from "./dialects/soketi.ts";
import type { IgnoredKey } from "./ignored-key.ts";
import { indexKeys, type KeyIndex } from "./keys.ts";
import type { SettingsByObject } from "./settings.ts";
import { optionsOf, rows, type Table } from "./table.ts";

type ObjectName = keyof SettingsByObject;

/** The dialects in the order of precedence of their variables. */
const DIALECTS: readonly Dialect[] = [SOCKUDO, SOKETI, ARTICLE];

/** The prefixes of variables that describe one app, from the lowest precedence to the highest. */
export const APP_VARIABLE_PREFIXES: readonly string[] = DIALECTS.flatMap(
  ({ appVariables }) => appVariables ?? [],
).toReversed();

/** Our options for one kind of object, with the names that dialects add after our own. */
export function withOtherNames<Settings>(
  own: Table<Settings>,
  dialects: readonly ObjectDialect<Settings>[],
): Table<Settings> {
  const merged = rows(own).map(([setting, option]) => {
    const names = dialects.flatMap((dialect) => dialect.names?.[setting] ?? []);
    const aliases = names.flatMap(({ keys = [] }) => keys);
    const env = [...option.env, ...names.flatMap((name) => name.env ?? [])];
    return [setting, { ...option, aliases, env }];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each row is the row of `own` with more names
  return Object.fromEntries(merged) as Table<Settings>;
}

/** What the dialects add to one kind of object. */
export function dialectsOf<Name extends ObjectName>(
  object: Name,
): readonly ObjectDialect<SettingsByObject[Name]>[] {
  return DIALECTS.flatMap(({ objects }) => objects[object] ?? []);
}

/** The keys and variables of one kind of object that have no effect, in the order of the documentation. */
export function ignoredKeysOf(object: ObjectName): readonly IgnoredKey[] {
  return DIALECTS.flatMap(({ objects }) => objects[object]?.ignored ?? []);
}

/** The index of every key that one kind of object may have. */
export function keysOf(object: ObjectName, table: Table<object>): KeyIndex {
  const foreign = DIALECTS.flatMap(({ objects }) => objects[object]?.groups ?? []);
  return indexKeys(optionsOf(table), ignoredKeysOf(object), foreign);
}
