// Where a value stands in its source, and the report that errors about it go to.
// Every reader gets the place with the value and reports there, so that one pass finds all errors.
// The invariant: a place marked secret never lets its value into the report.

import type { ConfigError } from "./config-error.ts";

/** What is shown instead of a secret, in errors and in `config print`. */
export const REDACTED = "<redacted>";

/** Where readers put what they find wrong (errors) or without effect (warnings). */
export interface Report {
  readonly errors: ConfigError[];
  readonly warnings: string[];
}

/** One value's place: whose it is, under which key, and whether it must not be shown. */
export interface SourcePosition {
  readonly source: string;
  readonly key: string;
  readonly secret?: boolean;
  readonly report: Report;
}

/** What `refuse` says of a value; `value` is shown as it is, unless the place is secret. */
export type Refusal = Pick<ConfigError, "problem" | "value" | "nearest">;

/** Reports a error at `place`. Returns undefined, so that a reader can return the call. */
export function refuse(position: SourcePosition, refusal: Refusal): undefined {
  const { source, key, secret, report } = position;
  const redacted = secret === true && refusal.value !== undefined ? { value: REDACTED } : {};
  report.errors.push({ source, key, ...refusal, ...redacted });
}

/** Reports something that is accepted and does nothing. */
export function warn(position: SourcePosition, sentence: string): void {
  note(position, `has no effect: ${sentence}`);
}

/** Reports something that is accepted and does not mean what its author may think: a sentence about the key. */
export function note(position: SourcePosition, sentence: string): void {
  position.report.warnings.push(`${position.source}: ${position.key} ${sentence}`);
}

/** The place of the member `name` of the object at `place`. */
export function member(position: SourcePosition, name: string): SourcePosition {
  // A key may be any text: quoting keeps a message on one line, whatever the file holds.
  const step = /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  return { ...position, key: position.key === "" ? step.replace(/^\./, "") : position.key + step };
}

/** The place of the element `index` of the list at `place`. */
export function element(position: SourcePosition, index: number): SourcePosition {
  return { ...position, key: `${position.key}[${index}]` };
}

/** A value as errors show it: quoted text (cut at 60 characters), a number, a flag, or else its type alone. */
export function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return typeName(value);
  return value.length <= 60 ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, 60))}…`;
}

/** The type of a value of a file, for a error that must not show its content. */
export function typeName(value: unknown): string {
  if (value === null) return "(null)";
  if (Array.isArray(value)) return "(a list)";
  if (isGroup(value)) return "(a group of keys)";
  if (typeof value === "string") return "(text)";
  // TOML has dates, which no option takes.
  return typeof value === "object" ? "(a date)" : `(a ${typeof value})`;
}

/** Whether a parsed value is an object of keys: neither a list nor null nor one of TOML's dates. */
export function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
