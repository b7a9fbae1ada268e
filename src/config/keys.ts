// From the object that a file was parsed into to what is given for each option: normalises keys, follows
// aliases, and reports unknown keys and keys given twice. Never looks a key of a file up in an object,
// only in maps, so that a key such as `__proto__` is an unknown key and nothing more.

import type { IgnoredKey } from "./ignored-key.ts";
import { isGroup, member, refuse, typeName, warn, type SourcePosition } from "./source-position.ts";
import { camelCase, nearest, snakeCase } from "./spelling.ts";
import {
  givesValue,
  nameOf,
  type GivenValue,
  type GivenValues,
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
  readonly ignored: ReadonlyMap<string, IgnoredKey>;
  /** The dotted keys that hold further keys. */
  readonly groups: ReadonlySet<string>;
  /** Those of them in which all keys are another server's, with all that they hold. */
  readonly foreign: readonly string[];
}

/** The index of a table's options, of the keys that have no effect, and of the groups of other servers. */
export function indexKeys(
  options: readonly Option<unknown>[],
  ignored: readonly IgnoredKey[] = [],
  foreign: readonly string[] = [],
): KeyIndex {
  const known = new Map<string, KnownKey>();
  for (const { path, aliases = [] } of options)
    for (const spelling of [path, ...aliases]) known.set(nameOf(spelling), { path, spelling });
  const withoutEffect = new Map(
    ignored
      .filter(({ path }) => path !== "")
      .flatMap((row) => [row.path, ...(row.aliases ?? [])].map((name) => [name, row] as const)),
  );
  const groups = new Set([...known.keys(), ...withoutEffect.keys()].flatMap(groupsOf));
  return { options: known, ignored: withoutEffect, groups, foreign };
}

/**
 * What an object gives for each option of `index`. Null means "not given", as it does to the servers whose
 * files hold it. A key of the object itself may be a path, `adapter.driver`, as soketi's may. Unknown keys,
 * groups that are none and options given twice are reported.
 */
export function givenInObject(
  index: KeyIndex,
  object: Readonly<Record<string, unknown>>,
  position: SourcePosition,
): GivenValues {
  const givenValues = new Map<string, GivenValue>();
  for (const [key, value] of Object.entries(object)) {
    const [first = key, ...steps] = isPath(key) ? key.split(".") : [key];
    visit([first, nested(steps, value)], position, "");
  }
  return givenValues;

  function visit(
    [key, value]: readonly [string, unknown],
    at: SourcePosition,
    prefix: string,
  ): void {
    const name = nameIn(index, prefix, key);
    const here = member(at, key);
    const known = index.options.get(name);
    const ignored = index.ignored.get(name);
    if (known !== undefined) give(known, { value, name, position: here });
    else if (ignored !== undefined) warnOfIgnored(ignored, value, here);
    else if (!index.groups.has(name)) reportUnknown(index, prefix, key, here);
    else if (isGroup(value))
      for (const entry of Object.entries(value)) visit(entry, here, `${name}.`);
    else if (value !== null)
      refuse(here, { value: typeName(value), problem: "it must be a group of keys" });
  }

  function give({ path, spelling }: KnownKey, given: GivenValue): void {
    if (given.value === null || !givesValue(spelling, given.value)) return;
    const earlier = givenValues.get(path);
    if (earlier === undefined) givenValues.set(path, given);
    else if (yields(spelling))
      warn(given.position, `${earlier.position.key} gives the same option`);
    else if (yields(index.options.get(earlier.name)?.spelling)) {
      warn(earlier.position, `${given.position.key} gives the same option`);
      givenValues.set(path, given);
    } else refuse(given.position, { problem: `${earlier.position.key} gives the same option` });
  }
}

/** Warns where a key without effect asks for one, or refuses it. */
export function warnOfIgnored(ignored: IgnoredKey, value: unknown, position: SourcePosition): void {
  if (!ignored.asks(value)) return;
  const { refused = false } = ignored;
  if (typeof refused === "boolean" ? refused : refused(value))
    refuse(position, { problem: `this version ${ignored.lacks}` });
  else warn(position, `this version ${ignored.lacks}`);
}

function nameIn({ options, ignored, groups }: KeyIndex, prefix: string, key: string): string {
  // Inside a group a dot is no path to any server. No row is empty.
  if (key.includes(".")) return "";
  const exact = prefix + key;
  const known = options.has(exact) || ignored.has(exact) || groups.has(exact);
  return known ? exact : prefix + snakeCase(key);
}

/** Reports a key that no row has. Its value is not shown: it may be a secret. */
function reportUnknown(
  index: KeyIndex,
  prefix: string,
  key: string,
  position: SourcePosition,
): void {
  const isForeign = index.foreign.some((group) => prefix.startsWith(`${group}.`));
  const near = isForeign ? slipOf(index, prefix, key) : nearestKey(index, prefix, key);
  const problem = "it is not a known key";
  if (near !== undefined)
    refuse(position, { problem, nearest: /[A-Z]/.test(key) ? camelCase(near) : near });
  else if (isForeign) warn(position, "this version does not know it");
  else refuse(position, { problem: `${problem}, see "fanwire config docs"` });
}

/** The option in a foreign group that differs from `key` in one edit: a misspelled option, not a key that is new. */
function slipOf({ options }: KeyIndex, prefix: string, key: string): string | undefined {
  return nearest(snakeCase(key), stepsBehind(prefix, options.keys()), 1);
}

function nearestKey(
  { options, ignored }: KeyIndex,
  prefix: string,
  key: string,
): string | undefined {
  return nearest(snakeCase(key), stepsBehind(prefix, [...options.keys(), ...ignored.keys()]));
}

/** The next step of each dotted name that begins with `prefix`. */
function stepsBehind(prefix: string, names: Iterable<string>): readonly string[] {
  return [...names]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length).split(".")[0] ?? "");
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
