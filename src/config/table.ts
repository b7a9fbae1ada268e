// The type of a table of options, and its two uses: to read given values into typed settings, and to write settings as a
// file would hold them. It depends on no option and no file format.

import type { Json, Kind, Reader } from "./kinds.ts";
import type { SourcePosition } from "./source-position.ts";

/** Another name of an option: only a name, or a name with its own rules. */
export type Spelling<T> = string | OwnSpelling<T>;

/** Another name of an option with rules of its own. */
export interface OwnSpelling<T> {
  readonly name: string;
  /** Reads values under this name, if they have another unit or other words. */
  readonly kind?: Reader<T>;
  /** Whether any other name of the option in the same file takes precedence, with a warning. Otherwise two names are an error. */
  readonly yields?: boolean;
  /** Whether a value sets the option. If not, the name is ignored. Absent means that every value does. */
  readonly gives?: (value: unknown) => boolean;
}

/** One option: its names, kind, default and documentation. */
export interface Option<T> {
  /** Its key in our own files, in snake_case and dotted: `websocket.max_backpressure`. */
  readonly path: string;
  readonly kind: Kind<T>;
  /** The value when none is given. Undefined where there is no default. */
  readonly default: T;
  /**
   * Its keys in other dialects, dotted. camelCase is normalised to snake_case, so only keys that differ in another way
   * are listed. A key that is listed in camelCase matches exactly that spelling, before it is normalised.
   */
  readonly aliases?: readonly Spelling<T>[];
  /** Its variables. The first that is set takes precedence. */
  readonly env: readonly Spelling<T>[];
  /** Its name on the command line: `--port`. */
  readonly commandLine?: string;
  /** One line of documentation in Markdown: what it does, and what zero or empty means. */
  readonly doc: string;
}

/** One row for each setting, with the type of that setting. The compiler refuses a table in which a row is missing. */
export type Table<Settings> = { readonly [Name in keyof Settings]: Option<Settings[Name]> };

/** A value of a file, a variable or the command line before it is read. */
export interface GivenValue {
  readonly value: unknown;
  /** The name under which it was given, as the table spells it. */
  readonly name: string;
  readonly position: SourcePosition;
}

/** The given values by the path of their option. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

interface Group {
  [key: string]: Json;
}

/**
 * The settings of a table: the given value, else that of `defaults`, else the default of the row. Errors are reported at
 * the position of the value.
 */
export function readTable<Settings>(
  table: Table<Settings>,
  givenValues: GivenValues,
  defaults: Partial<Settings> = {},
): Settings {
  const settings = rows(table).map(([name, option]) => [
    name,
    readOption(option, givenValues) ?? defaults[name] ?? option.default,
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Table` demands a row of its type for each member
  return Object.fromEntries(settings) as Settings;
}

/** Settings as nested groups of keys, in the order of the table. Undefined settings are left out. */
export function writeTable<Settings>(table: Table<Settings>, settings: Settings): Json {
  const root: Group = {};
  const groups = new Map([["", root]]);
  for (const [name, option] of rows(table)) {
    const value = settings[name];
    const [group, key] = splitPath(option.path);
    if (value !== undefined) groupAt(groups, group)[key] = option.kind.write(value);
  }
  return root;
}

/** The rows of a table in order, each with the name of its setting. */
export function rows<Settings>(
  table: Table<Settings>,
): readonly (readonly [keyof Settings, Option<unknown>])[] {
  const found: [keyof Settings, Option<unknown>][] = [];
  for (const name in table) found.push([name, table[name]]);
  return found;
}

/** The options of a table in order. */
export function optionsOf<Settings>(table: Table<Settings>): readonly Option<unknown>[] {
  return rows(table).map(([, option]) => option);
}

/** The name of a spelling. */
export function nameOf(spelling: Spelling<unknown>): string {
  return typeof spelling === "string" ? spelling : spelling.name;
}

/** Whether a value under this name sets the option. */
export function givesValue(spelling: Spelling<unknown>, value: unknown): boolean {
  return typeof spelling === "string" || (spelling.gives?.(value) ?? true);
}

/** The typed value that was given for an option. Undefined when none was given, or an invalid one. */
function readOption<T>(option: Option<T>, givenValues: GivenValues): T | undefined {
  const given = givenValues.get(option.path);
  if (given === undefined) return undefined;
  return readerFor(option, given.name).read(given.value, given.position);
}

function readerFor<T>(option: Option<T>, name: string): Reader<T> {
  for (const spelling of [...(option.aliases ?? []), ...option.env])
    if (typeof spelling !== "string" && spelling.name === name) return spelling.kind ?? option.kind;
  return option.kind;
}

/** The group at a dotted path, created if necessary. */
function groupAt(groups: Map<string, Group>, path: string): Group {
  const known = groups.get(path);
  if (known !== undefined) return known;
  const made: Group = {};
  const [parent, key] = splitPath(path);
  groupAt(groups, parent)[key] = made;
  groups.set(path, made);
  return made;
}

function splitPath(path: string): readonly [group: string, key: string] {
  const dot = path.lastIndexOf(".");
  return [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)];
}
