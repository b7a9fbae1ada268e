// The kinds of value that an option can have: each says what it allows, reads a value of a file or the text
// of a variable, and writes it back. A file may put a number or a flag in quotes: it means the same there.
// Not the options themselves, which are in the tables.

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

/** What a configuration is made of when it is printed. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Reads one kind of value. With methods, so that an option of any type is also an `Option<unknown>`. */
export interface Reader<T> {
  /** Completes "it must be …", units included. */
  readonly allowed: string;
  /** The typed value, or undefined after it has reported every mistake in it at `place`. */
  read(value: unknown, position: SourcePosition): T | undefined;
}

/** One kind of value. */
export interface Kind<T> extends Reader<T> {
  /** The value as a file would hold it, secrets redacted; `read` takes it back. */
  write(value: T): Json;
}

/** A kind whose values are judged in one step, without a report. */
export interface Scalar<T> extends Kind<T> {
  /** The typed value, or undefined when it is not allowed. */
  parse(value: unknown): T | undefined;
}

/** Bounds, both included, and what is counted: "seconds", "KB". */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** Text that matches `pattern`; `tidy` brings equal spellings to one form. */
export function text(
  allowed: string,
  pattern: RegExp,
  tidy: (value: string) => string = (value) => value,
): Scalar<string> {
  const parse = (value: unknown): string | undefined =>
    typeof value === "string" && pattern.test(value) ? tidy(value) : undefined;
  return scalar(allowed, parse, (value) => value);
}

/** `kind`, never shown: neither in a mistake nor when the configuration is printed. Empty text is no secret. */
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

/** How many of something are allowed: at least one, or one of `unlimited`, which stand for `Infinity`. */
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

/** `kind`, where a larger value than `max` is accepted and counts as `max`, with a warning that gives the `reason`. */
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

/** `kind` in another unit: what is read is multiplied by `factor`. A limit of `Infinity` stays one. */
export function scaled(kind: Scalar<number>, factor: number): Scalar<number> {
  const parse = (value: unknown): number | undefined => {
    const number = kind.parse(value);
    return number === undefined ? undefined : number * factor;
  };
  return scalar(kind.allowed, parse, (value) => kind.write(value / factor));
}

/** Units of sizes, and the bytes of one. */
const UNIT_BYTES = { KB: 1024, MB: 1_048_576 } as const;

/** A unit of sizes. */
export type SizeUnit = keyof typeof UNIT_BYTES;

/** A size, read in units and kept in whole bytes: fractions of a unit count, those of a byte do not. */
export function size(unit: SizeUnit, max: number): Scalar<number> {
  const allowed = `a number of ${unit} above 0 and up to ${max}`;
  const parse = (value: unknown): number | undefined => {
    const bytes = bytesOf(value, unit);
    return bytes !== undefined && bytes <= max * UNIT_BYTES[unit] ? bytes : undefined;
  };
  return scalar(allowed, parse, (bytes) => bytes / UNIT_BYTES[unit]);
}

/** The same without a largest one: `unlimited` stand for `Infinity`. */
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

/** At least one byte; undefined when it is less, or no number. */
function bytesOf(value: unknown, unit: SizeUnit): number | undefined {
  const isNumber = typeof value === "number" || /^\d{1,15}(\.\d{1,15})?$/.test(String(value));
  const bytes = isNumber ? Math.floor(Number(value) * UNIT_BYTES[unit]) : Number.NaN;
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A number, or the one word that leaves the choice to the server. */
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

/** True or false; as text also 1, yes, on and 0, no, off, in any case. */
export function flag(): Scalar<boolean> {
  return scalar("true or false", flagValue, (value) => value);
}

/** Words of other servers for an option. */
export interface OtherWords<T> {
  /** Those that mean one of our words. */
  readonly same?: Readonly<Record<string, T>>;
  /** Those that this version does not have, and the sentence that refuses them. */
  readonly lacking?: { readonly words: readonly string[]; readonly problem: string };
}

/** One of some words, in any case. A word that is lacking gets its own sentence, any unknown one the nearest word. */
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

/** A list of at least one `item`. An element that is refused is reported and left out. */
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

/** A list of `items`, which may be empty; as text its elements are separated by commas. */
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

/** Reports that a value has the wrong type, without showing it: it may hold a secret somewhere inside. */
export function refuseType(value: unknown, position: SourcePosition, allowed: string): undefined {
  return refuse(position, { value: typeName(value), problem: `it must be ${allowed}` });
}

function refuseValue(value: unknown, position: SourcePosition, allowed: string): undefined {
  return refuse(position, { value: show(value), problem: `it must be ${allowed}` });
}

/** A kind that is judged in one step: `parse` gives the typed value, `write` what a file would hold. */
export function scalar<T>(
  allowed: string,
  parse: (value: unknown) => T | undefined,
  write: (value: T) => Json,
): Scalar<T> {
  return { ...reader(allowed, parse), parse, write };
}

/** The reader of a spelling that another server has. It is never written: we write our own spelling. */
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

/** True or false in one of their spellings; undefined for anything else. */
export function flagValue(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : undefined;
}

function counted(unit: string | undefined): string {
  return unit === undefined ? "" : ` of ${unit}`;
}
