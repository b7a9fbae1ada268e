// From the object that a file was parsed into to what is given for each option: normalises keys, follows
// aliases, and reports unknown keys and keys given twice. Never looks a key of a file up in an object,
// only in maps, so that a key such as `__proto__` is an unknown key and nothing more.

import { isGroup, member, refuse, typeName, warn, type Place } from "./place.ts";
import { camelCase, nearest, snakeCase } from "./spelling.ts";
import { nameOf, type Given, type Givens, type Inert, type Option } from "./table.ts";

/** All keys that a kind of object may have, prepared for looking up. */
export interface KeyIndex {
  /** Dotted key, as its row spells it, to the path of its option. */
  readonly options: ReadonlyMap<string, string>;
  readonly inert: ReadonlyMap<string, Inert>;
  /** The dotted keys that hold further keys. */
  readonly groups: ReadonlySet<string>;
}

/** The index of a table's options and of the keys that have no effect. */
export function indexKeys(options: readonly Option<unknown>[], inert: readonly Inert[]): KeyIndex {
  const paths = new Map<string, string>();
  for (const option of options)
    for (const name of [option.path, ...(option.aliases ?? []).map(nameOf)])
      paths.set(name, option.path);
  const inerts = new Map(inert.map((row) => [row.path, row]));
  const groups = new Set([...paths.keys(), ...inerts.keys()].flatMap(groupsOf));
  return { options: paths, inert: inerts, groups };
}

/**
 * What an object gives for each option of `index`. Null means "not given", as it does to the servers whose
 * files hold it. Unknown keys, groups that are none and options given twice are reported.
 */
export function givensOfObject(
  index: KeyIndex,
  object: Readonly<Record<string, unknown>>,
  place: Place,
): Givens {
  const givens = new Map<string, Given>();
  walk(object, place, "");
  return givens;

  function walk(group: Readonly<Record<string, unknown>>, at: Place, prefix: string): void {
    for (const [key, value] of Object.entries(group)) {
      const name = nameIn(index, prefix, key);
      const here = member(at, key);
      const path = index.options.get(name);
      const inert = index.inert.get(name);
      if (path !== undefined) give(path, { value, name, place: here });
      else if (inert !== undefined) warnOfInert(inert, value, here);
      else if (!index.groups.has(name)) refuseKey(index, prefix, key, here);
      else if (isGroup(value)) walk(value, here, `${name}.`);
      else refuse(here, { value: typeName(value), problem: "it must be a group of keys" });
    }
  }

  function give(path: string, given: Given): void {
    if (given.value === null) return;
    const earlier = givens.get(path);
    if (earlier === undefined) givens.set(path, given);
    else refuse(given.place, { problem: `${earlier.place.key} gives the same option` });
  }
}

/** Warns where a key without effect asks for one. */
export function warnOfInert(inert: Inert, value: unknown, place: Place): void {
  if (inert.asks(value)) warn(place, `this version ${inert.lacks}`);
}

function nameIn({ options, inert, groups }: KeyIndex, prefix: string, key: string): string {
  const exact = prefix + key;
  const known = options.has(exact) || inert.has(exact) || groups.has(exact);
  return known ? exact : prefix + snakeCase(key);
}

function refuseKey(index: KeyIndex, prefix: string, key: string, place: Place): void {
  const siblings = [...index.options.keys(), ...index.inert.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split(".")[0] ?? "");
  const near = nearest(snakeCase(key), siblings);
  // The value is not shown: behind a key that nobody knows may be a secret.
  const problem = "it is not a known key";
  if (near === undefined) refuse(place, { problem: `${problem}, see "fanwire config docs"` });
  else refuse(place, { problem, nearest: /[A-Z]/.test(key) ? camelCase(near) : near });
}

function groupsOf(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}
