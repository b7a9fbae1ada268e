// The position of a value in its source, and the report of errors and warnings. A reader gets the position together
// with the value and reports there, so that one pass finds all errors. The invariant: a value whose position is marked
// secret is never shown.

import type { ConfigError } from "./config-error.ts";

/** What is shown instead of a secret, in errors and in `config print`. */
export const REDACTED = "<redacted>";

/** What readers have found: errors, and warnings of what is accepted. */
export interface Report {
  readonly errors: ConfigError[];
  readonly warnings: string[];
}

/** The source and the key of a value, and whether the value must not be shown. */
export interface SourcePosition {
  readonly source: string;
  readonly key: string;
  readonly secret?: boolean;
  readonly report: Report;
}

/** The parts of an error that `refuse` does not know. `value` is what is shown, unless the position is secret. */
export type Refusal = Pick<ConfigError, "problem" | "value" | "nearest">;

/** Reports an error at `position`. Returns undefined, so that a reader can `return refuse(…)`. */
export function refuse(position: SourcePosition, refusal: Refusal): undefined {
  const { source, key, secret, report } = position;
  const redacted = secret === true && refusal.value !== undefined ? { value: REDACTED } : {};
  report.errors.push({ source, key, ...refusal, ...redacted });
}

/** Warns of a key that is accepted and has no effect. */
export function warn(position: SourcePosition, sentence: string): void {
  note(position, `has no effect: ${sentence}`);
}

/** Warns of a key that is accepted and may not do what its author expects. The sentence follows the key. */
export function note(position: SourcePosition, sentence: string): void {
  position.report.warnings.push(`${position.source}: ${position.key} ${sentence}`);
}

/** The position of the member `name` of the object at `position`. */
export function member(position: SourcePosition, name: string): SourcePosition {
  // A key may be any text. Quoting keeps the message on one line.
  const step = /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  return { ...position, key: position.key === "" ? step.replace(/^\./, "") : position.key + step };
}

/** The position of the element `index` of the list at `position`. */
export function element(position: SourcePosition, index: number): SourcePosition {
  return { ...position, key: `${position.key}[${index}]` };
}

/** A value as errors show it: text quoted and cut at 60 characters, numbers and flags as they are, anything else by its type. */
export function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return typeName(value);
  return value.length <= 60 ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, 60))}…`;
}

/** The type of a value, for an error that must not show the value. */
export function typeName(value: unknown): string {
  if (value === null) return "(null)";
  if (Array.isArray(value)) return "(a list)";
  if (isGroup(value)) return "(a group of keys)";
  if (typeof value === "string") return "(text)";
  // The parser returns TOML's dates as objects. No option accepts one.
  return typeof value === "object" ? "(a date)" : `(a ${typeof value})`;
}

/** Whether a parsed value is a group of keys, and not a list, null or one of TOML's dates. */
export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
