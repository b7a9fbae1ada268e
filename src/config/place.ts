// Where a value stands in its source, and the report that mistakes about it go to.
// Every reader gets the place with the value and reports there, so that one pass finds all mistakes.
// The invariant: a place marked secret never lets its value into the report.

import type { Mistake } from "./mistakes.ts";

/** What is shown instead of a secret, in mistakes and in `config print`. */
export const REDACTED = "<redacted>";

/** Where readers put what they find wrong (mistakes) or without effect (warnings). */
export interface Report {
  readonly mistakes: Mistake[];
  readonly warnings: string[];
}

/** One value's place: whose it is, under which key, and whether it must not be shown. */
export interface Place {
  readonly source: string;
  readonly key: string;
  readonly secret?: boolean;
  readonly report: Report;
}

/** What `refuse` says of a value; `value` is shown as it is, unless the place is secret. */
export type Refusal = Pick<Mistake, "problem" | "value" | "nearest">;

/** Reports a mistake at `place`. Returns undefined, so that a reader can return the call. */
export function refuse(place: Place, refusal: Refusal): undefined {
  const { source, key, secret, report } = place;
  const redacted = secret === true && refusal.value !== undefined ? { value: REDACTED } : {};
  report.mistakes.push({ source, key, ...refusal, ...redacted });
}

/** Reports something that is accepted and does nothing. */
export function warn(place: Place, sentence: string): void {
  note(place, `has no effect: ${sentence}`);
}

/** Reports something that is accepted and does not mean what its author may think: a sentence about the key. */
export function note(place: Place, sentence: string): void {
  place.report.warnings.push(`${place.source}: ${place.key} ${sentence}`);
}

/** The place of the member `name` of the object at `place`. */
export function member(place: Place, name: string): Place {
  // A key may be any text: quoting keeps a message on one line, whatever the file holds.
  const step = /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  return { ...place, key: place.key === "" ? step.replace(/^\./, "") : place.key + step };
}

/** The place of the element `index` of the list at `place`. */
export function element(place: Place, index: number): Place {
  return { ...place, key: `${place.key}[${index}]` };
}

/** A value as mistakes show it: quoted text (cut at 60 characters), a number, a flag, or else its type alone. */
export function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return typeName(value);
  return value.length <= 60 ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, 60))}…`;
}

/** The type of a value of a file, for a mistake that must not show its content. */
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
