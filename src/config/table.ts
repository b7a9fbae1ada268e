// The shape of a table of options, and the two things one does with it: make typed settings of what was
// given, and write settings back as a file would hold them. Knows no option, no file format and no variable.

import type { Json, Kind, Reader } from "./kinds.ts";
import type { SourcePosition } from "./source-position.ts";

/** Another name of an option, alone or with what it differs in. */
export type Spelling<T> = string | OwnSpelling<T>;

/** Another name of an option which is not read like the others. */
export interface OwnSpelling<T> {
  readonly name: string;
  /** Reads it: it counts in another unit, or has other words. */
  readonly kind?: Reader<T>;
  /** Gives way to any other name of the option in the same file, with a warning instead of a mistake. */
  readonly yields?: boolean;
  /** Which values give something; any other leaves the option as if the name were not there. */
  readonly gives?: (value: unknown) => boolean;
}

/** One option: everything there is to know about it. */
export interface Option<T> {
  /** Its key in our own file, snake_case and dotted: `websocket.max_backpressure`. */
  readonly path: string;
  readonly kind: Kind<T>;
  /** What holds when nothing is given; undefined where there is no default. */
  readonly default: T;
  /**
   * Its keys in other dialects, dotted. camelCase stands for snake_case everywhere, so only keys that differ
   * otherwise need a row; a name in camelCase is that exact spelling, and stronger than the rule.
   */
  readonly aliases?: readonly Spelling<T>[];
  /** Its variables, the strongest first. */
  readonly env: readonly Spelling<T>[];
  /** Its option on the command line: `--port`. */
  readonly commandLine?: string;
  /** One line of documentation, in Markdown: what it does, and what zero or empty means. */
  readonly doc: string;
}

/** One row for each setting, of that setting's type: the compiler refuses a table with a row missing. */
export type Table<Settings> = { readonly [Name in keyof Settings]: Option<Settings[Name]> };

/** A value before it is read: from a file, a variable or the command line. */
export interface GivenValue {
  readonly value: unknown;
  /** The name it was given by, as its row spells it. */
  readonly name: string;
  readonly position: SourcePosition;
}

/** What was given, by the path of the option. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

interface Group {
  [key: string]: Json;
}

/**
 * The settings of a table: what was given, else what `defaults` has, else the default of the row. Mistakes are
 * reported where the value stands.
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

/** Settings as nested keys, in the order of the table. A setting that is undefined is left out. */
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

/** The rows of a table in its order, each with the name of its setting. */
export function rows<Settings>(
  table: Table<Settings>,
): readonly (readonly [keyof Settings, Option<unknown>])[] {
  const found: [keyof Settings, Option<unknown>][] = [];
  for (const name in table) found.push([name, table[name]]);
  return found;
}

/** The options of a table in its order. */
export function optionsOf<Settings>(table: Table<Settings>): readonly Option<unknown>[] {
  return rows(table).map(([, option]) => option);
}

/** The name of a spelling. */
export function nameOf(spelling: Spelling<unknown>): string {
  return typeof spelling === "string" ? spelling : spelling.name;
}

/** Whether a spelling with this value gives its option anything. */
export function givesValue(spelling: Spelling<unknown>, value: unknown): boolean {
  return typeof spelling === "string" || (spelling.gives?.(value) ?? true);
}

/** What was given for an option, read; undefined when nothing was, or when it was refused. */
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

/** The group at a dotted path, made when it is not there yet. */
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
