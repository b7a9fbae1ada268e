// The kinds of value that an option can have. A kind describes what it allows, reads a value of a file or the text of a
// variable, and writes it back. Numbers and flags may be quoted in a file. The options themselves are in the tables.

import {
  element,
  note,
  REDACTED,
  refuse,
  show,
  typeName,
  type SourcePosition,
} from "./source-position.ts";
import { nearest } from "./spelling.ts";

/** A value of a printed configuration. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Reads one kind of value. It has methods and not function members, so that every `Option<T>` is an `Option<unknown>`. */
export interface Reader<T> {
  /** Completes "it must be …", with the unit. */
  readonly allowed: string;
  /** The typed value, or undefined after every error was reported at `position`. */
  read(value: unknown, position: SourcePosition): T | undefined;
}

/** One kind of value. */
export interface Kind<T> extends Reader<T> {
  /** The value as a file would hold it, with secrets redacted. `read` accepts what `write` returns. */
  write(value: T): Json;
}

/** A kind whose value is a single text, number or flag. */
export interface Scalar<T> extends Kind<T> {
  /** The typed value, or undefined when the value is not allowed. Reports nothing. */
  parse(value: unknown): T | undefined;
}

/** Inclusive bounds, and the unit: "seconds", "KB". */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** Text that matches `pattern`. `tidy` normalises it. */
export function text(
  allowed: string,
  pattern: RegExp,
  tidy: (value: string) => string = (value) => value,
): Scalar<string> {
  const parse = (value: unknown): string | undefined =>
    typeof value === "string" && pattern.test(value) ? tidy(value) : undefined;
  return scalar(allowed, parse, (value) => value);
}

/** `kind`, never shown in an error or a printed configuration. Empty text is not redacted. */
export function redacted(kind: Scalar<string>): Kind<string> {
  return {
    allowed: kind.allowed,
    read: (value, position) => kind.read(value, { ...position, secret: true }),
    write: (value) => (value === "" ? "" : REDACTED),
  };
}

/** A whole number within bounds. */
export function whole({ min, max, unit }: Bounds): Scalar<number> {
  const allowed = `a whole number${counted(unit)} from ${min} to ${max}`;
  const parse = (value: unknown): number | undefined => {
    const number = wholeNumber(value);
    return number !== undefined && number >= min && number <= max ? number : undefined;
  };
  return scalar(allowed, parse, (value) => value);
}

/** A limit of at least 1. Each number of `unlimited` stands for `Infinity`. */
export function limit(unlimited: readonly number[], unit?: string): Scalar<number> {
  const allowed = `a whole number${counted(unit)}, at least 1, or ${unlimited.join(" or ")} for no limit`;
  const parse = (value: unknown): number | undefined => {
    const number = wholeNumber(value);
    if (number === undefined) return undefined;
    if (unlimited.includes(number)) return Infinity;
    return number >= 1 ? number : undefined;
  };
  return scalar(allowed, parse, (value) => (value === Infinity ? (unlimited[0] ?? null) : value));
}

/** `kind`, where a value above `max` counts as `max`, with a warning that gives the `reason`. */
export function capped(kind: Scalar<number>, max: number, reason: string): Kind<number> {
  return {
    allowed: `${kind.allowed}; more than ${max} counts as ${max}`,
    read(value, position) {
      const number = kind.read(value, position);
      if (number === undefined || number <= max) return number;
      note(position, `${number} counts as ${max}: ${reason}`);
      return max;
    },
    write: (value) => kind.write(value),
  };
}

/** `kind` in another unit: the value is multiplied by `factor`. */
export function scaled(kind: Scalar<number>, factor: number): Scalar<number> {
  const parse = (value: unknown): number | undefined => {
    const number = kind.parse(value);
    return number === undefined ? undefined : number * factor;
  };
  return scalar(kind.allowed, parse, (value) => kind.write(value / factor));
}

/** The units of sizes, in bytes. */
const UNIT_BYTES = { KB: 1024, MB: 1_048_576 } as const;

/** A unit of sizes. */
export type SizeUnit = keyof typeof UNIT_BYTES;

/** A size. It is given in `unit`, possibly with a fraction, and kept in whole bytes. */
export function size(unit: SizeUnit, max: number): Scalar<number> {
  const allowed = `a number of ${unit} above 0 and up to ${max}`;
  const parse = (value: unknown): number | undefined => {
    const bytes = bytesOf(value, unit);
    return bytes !== undefined && bytes <= max * UNIT_BYTES[unit] ? bytes : undefined;
  };
  return scalar(allowed, parse, (bytes) => bytes / UNIT_BYTES[unit]);
}

/** A size without a maximum. Each number of `unlimited` stands for `Infinity`. */
export function sizeLimit(unlimited: readonly number[], unit: SizeUnit): Scalar<number> {
  const allowed = `a number of ${unit} above 0, or ${unlimited.join(" or ")} for no limit`;
  const parse = (value: unknown): number | undefined => {
    const number = wholeNumber(value);
    if (number !== undefined && unlimited.includes(number)) return Infinity;
    return bytesOf(value, unit);
  };
  const write = (bytes: number): Json =>
    bytes === Infinity ? (unlimited[0] ?? null) : bytes / UNIT_BYTES[unit];
  return scalar(allowed, parse, write);
}

/** The size in bytes. Undefined when it is not a number or less than one byte. */
function bytesOf(value: unknown, unit: SizeUnit): number | undefined {
  const isNumber = typeof value === "number" || /^\d{1,15}(\.\d{1,15})?$/.test(String(value));
  const bytes = isNumber ? Math.floor(Number(value) * UNIT_BYTES[unit]) : Number.NaN;
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A number, or the one `word` that lets the server choose. */
export function orWord<Word extends string>(
  kind: Scalar<number>,
  word: Word,
): Scalar<number | Word> {
  return scalar(
    `${kind.allowed}, or ${JSON.stringify(word)}`,
    (value) => (value === word ? word : kind.parse(value)),
    (value) => (typeof value === "number" ? kind.write(value) : value),
  );
}

/** True or false. As text also 1, yes, on and 0, no, off, in any case. */
export function flag(): Scalar<boolean> {
  return scalar("true or false", flagValue, (value) => value);
}

/** Words of other servers for an option. */
export interface OtherWords<T> {
  /** Synonyms of our words. */
  readonly same?: Readonly<Record<string, T>>;
  /** Words for what this version does not have, and the sentence that refuses them. */
  readonly lacking?: { readonly words: readonly string[]; readonly problem: string };
}

/** One of some words, in any case. An unknown word is refused with the nearest known one. */
export function oneOf<T extends string>(words: readonly T[], others: OtherWords<T> = {}): Kind<T> {
  const same = new Map(Object.entries(others.same ?? {}));
  const allowed = [...words, ...same.keys()].map((word) => JSON.stringify(word)).join(" or ");
  return {
    allowed,
    read(value, position) {
      if (typeof value !== "string") return refuseValue(value, position, allowed);
      const lower = value.toLowerCase();
      const word = words.find((known) => known === lower) ?? same.get(lower);
      if (word !== undefined) return word;
      if (others.lacking?.words.includes(lower) === true)
        return refuse(position, { value: show(value), problem: others.lacking.problem });
      const near = nearest(lower, words);
      return refuse(position, {
        value: show(value),
        problem: `it must be ${allowed}`,
        ...(near === undefined ? {} : { nearest: JSON.stringify(near) }),
      });
    },
    write: (value) => value,
  };
}

/** A list of at least one `item`. An invalid element is reported and left out. */
export function list<T>(item: Kind<T>, allowed: string): Kind<readonly T[]> {
  return {
    allowed,
    read(value, position) {
      if (!Array.isArray(value) || value.length === 0) return refuseType(value, position, allowed);
      return value.flatMap(
        (each: unknown, index) => item.read(each, element(position, index)) ?? [],
      );
    },
    write: (value) => value.map((each) => item.write(each)),
  };
}

/** A list of `items`, possibly empty. As text its elements are separated by commas. */
export function commaList<T>(item: Scalar<T>, items: string): Kind<readonly T[]> {
  const allowed = `a list, or text with commas, of ${items}`;
  return {
    allowed,
    read(value, position) {
      if (Array.isArray(value))
        return value.flatMap((each, index) => item.read(each, element(position, index)) ?? []);
      if (typeof value !== "string") return refuseType(value, position, allowed);
      const parts = value.split(",").map((part) => part.trim());
      return parts.flatMap((part) => (part === "" ? [] : (item.read(part, position) ?? [])));
    },
    write: (value) => value.map((each) => item.write(each)),
  };
}

/** Reports a value of the wrong type. Only its type is shown: it may contain a secret. */
export function refuseType(value: unknown, position: SourcePosition, allowed: string): undefined {
  return refuse(position, { value: typeName(value), problem: `it must be ${allowed}` });
}

function refuseValue(value: unknown, position: SourcePosition, allowed: string): undefined {
  return refuse(position, { value: show(value), problem: `it must be ${allowed}` });
}

/** A kind made of two functions: `parse` gives the typed value, `write` the value of a file. */
export function scalar<T>(
  allowed: string,
  parse: (value: unknown) => T | undefined,
  write: (value: T) => Json,
): Scalar<T> {
  return { ...reader(allowed, parse), parse, write };
}

/** A reader for another server's name of an option. There is no `write`: only our own names are written. */
export function reader<T>(allowed: string, parse: (value: unknown) => T | undefined): Reader<T> {
  return {
    allowed,
    read: (value, position) => parse(value) ?? refuseValue(value, position, allowed),
  };
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** A flag in any of its spellings. Undefined for anything else. */
export function flagValue(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : undefined;
}

function counted(unit: string | undefined): string {
  return unit === undefined ? "" : ` of ${unit}`;
}
