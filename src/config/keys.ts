// Finds the values that a parsed file gives for each option: normalises keys, resolves other names, and reports unknown
// keys and options given twice. Keys of a file are looked up in maps and never in objects, so that a key such as
// `__proto__` is just an unknown key.

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

/** A key that gives an option. */
interface KnownKey {
  /** The path of its option. */
  readonly path: string;
  readonly spelling: Spelling<unknown>;
}

/** All keys that one kind of object may have. */
export interface KeyIndex {
  /** The keys that give an option, dotted, as the tables spell them. */
  readonly options: ReadonlyMap<string, KnownKey>;
  readonly ignored: ReadonlyMap<string, IgnoredKey>;
  /** The dotted keys that hold further keys. */
  readonly groups: ReadonlySet<string>;
  /** The groups in which all keys are another server's. The groups inside them count too. */
  readonly foreign: readonly string[];
}

/** Builds the index from options, keys without effect, and groups of other servers. */
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
 * The values that an object gives for the options of `index`. Null means that the option is not given, as in Sockudo
 * and soketi. A top-level key may be a path such as `adapter.driver`, as in soketi. Unknown keys, values in the place
 * of a group, and options given twice are reported.
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

/** Warns of a key without effect, or refuses it, if its value asks for something. */
export function warnOfIgnored(ignored: IgnoredKey, value: unknown, position: SourcePosition): void {
  if (!ignored.asks(value)) return;
  const { refused = false } = ignored;
  if (typeof refused === "boolean" ? refused : refused(value))
    refuse(position, { problem: `this version ${ignored.lacks}` });
  else warn(position, `this version ${ignored.lacks}`);
}

function nameIn({ options, ignored, groups }: KeyIndex, prefix: string, key: string): string {
  // Only a top-level key may be a path, and those were split before. The empty name matches no row.
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

/** The option in a foreign group that is one edit from `key`: then the key is a misspelled option and not a new key. */
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

/** For each dotted name that begins with `prefix`, its next part. */
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

/** The value, nested in one group for each step. `fromEntries` makes own keys even of `__proto__`. */
function nested(steps: readonly string[], value: unknown): unknown {
  return steps.reduceRight((inner, step) => Object.fromEntries([[step, inner]]), value);
}

function groupsOf(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}
