// From the object that a file was parsed into to what is given for each option: normalises keys, follows
// aliases, and reports unknown keys and keys given twice. Never looks a key of a file up in an object,
// only in maps, so that a key such as `__proto__` is an unknown key and nothing more.

import { isGroup, member, refuse, typeName, warn, type Place } from "./place.ts";
import { camelCase, nearest, snakeCase } from "./spelling.ts";
import {
  givesValue,
  nameOf,
  type Given,
  type Givens,
  type Inert,
  type Option,
  type Spelling,
} from "./table.ts";

/** What a key of an option leads to. */
interface KnownKey {
  /** The path of its option. */
  readonly path: string;
  readonly spelling: Spelling<unknown>;
}

/** All keys that a kind of object may have, prepared for looking up. */
export interface KeyIndex {
  /** By the dotted key, as its row spells it. */
  readonly options: ReadonlyMap<string, KnownKey>;
  readonly inert: ReadonlyMap<string, Inert>;
  /** The dotted keys that hold further keys. */
  readonly groups: ReadonlySet<string>;
}

/** The index of a table's options and of the keys that have no effect. */
export function indexKeys(options: readonly Option<unknown>[], inert: readonly Inert[]): KeyIndex {
  const known = new Map<string, KnownKey>();
  for (const { path, aliases = [] } of options)
    for (const spelling of [path, ...aliases]) known.set(nameOf(spelling), { path, spelling });
  const inerts = new Map(
    inert
      .filter(({ path }) => path !== "")
      .flatMap((row) => [row.path, ...(row.aliases ?? [])].map((name) => [name, row] as const)),
  );
  const groups = new Set([...known.keys(), ...inerts.keys()].flatMap(groupsOf));
  return { options: known, inert: inerts, groups };
}

/**
 * What an object gives for each option of `index`. Null means "not given", as it does to the servers whose
 * files hold it. A key of the object itself may be a path, `adapter.driver`, as soketi's may. Unknown keys,
 * groups that are none and options given twice are reported.
 */
export function givensOfObject(
  index: KeyIndex,
  object: Readonly<Record<string, unknown>>,
  place: Place,
): Givens {
  const givens = new Map<string, Given>();
  for (const [key, value] of Object.entries(object)) {
    const [first = key, ...steps] = isPath(key) ? key.split(".") : [key];
    visit([first, nested(steps, value)], place, "");
  }
  return givens;

  function visit([key, value]: readonly [string, unknown], at: Place, prefix: string): void {
    const name = nameIn(index, prefix, key);
    const here = member(at, key);
    const known = index.options.get(name);
    const inert = index.inert.get(name);
    if (known !== undefined) give(known, { value, name, place: here });
    else if (inert !== undefined) warnOfInert(inert, value, here);
    else if (!index.groups.has(name)) refuseKey(index, prefix, key, here);
    else if (isGroup(value))
      for (const entry of Object.entries(value)) visit(entry, here, `${name}.`);
    else if (value !== null)
      refuse(here, { value: typeName(value), problem: "it must be a group of keys" });
  }

  function give({ path, spelling }: KnownKey, given: Given): void {
    if (given.value === null || !givesValue(spelling, given.value)) return;
    const earlier = givens.get(path);
    if (earlier === undefined) givens.set(path, given);
    else if (yields(spelling)) warn(given.place, `${earlier.place.key} gives the same option`);
    else if (yields(index.options.get(earlier.name)?.spelling)) {
      warn(earlier.place, `${given.place.key} gives the same option`);
      givens.set(path, given);
    } else refuse(given.place, { problem: `${earlier.place.key} gives the same option` });
  }
}

/** Warns where a key without effect asks for one, or refuses it. */
export function warnOfInert(inert: Inert, value: unknown, place: Place): void {
  if (!inert.asks(value)) return;
  const { refused = false } = inert;
  if (typeof refused === "boolean" ? refused : refused(value))
    refuse(place, { problem: `this version ${inert.lacks}` });
  else warn(place, `this version ${inert.lacks}`);
}

function nameIn({ options, inert, groups }: KeyIndex, prefix: string, key: string): string {
  // Inside a group a dot is no path to any server. No row is empty.
  if (key.includes(".")) return "";
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

function yields(spelling: Spelling<unknown> | undefined): boolean {
  return typeof spelling === "object" && spelling.yields === true;
}

function isPath(key: string): boolean {
  return /^\w+(\.\w+)+$/.test(key);
}

/** The value inside a group for each step. Its keys are its own, whatever their names. */
function nested(steps: readonly string[], value: unknown): unknown {
  return steps.reduceRight((inner, step) => Object.fromEntries([[step, inner]]), value);
}

function groupsOf(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}
