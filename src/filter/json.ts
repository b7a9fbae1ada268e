// Reads untrusted parsed JSON: own members only, and one rule for turning values into text. Filters and
// tags share that rule, because a filter's value can only match a tag's value if both become the same
// string.

import { describe, filterError, type FilterError } from "./filter-error.ts";

/** A parsed JSON object whose members have not been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The longest key of a tag, in UTF-8 bytes, in filters and in publishes (Sockudo's limit). */
export const MAX_KEY_BYTES = 256;

/** The longest value of a tag, in UTF-8 bytes, in filters and in publishes (Sockudo's limit). */
export const MAX_VALUE_BYTES = 1024;

/** Whether the value is a JSON object, and neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An object's own member; `undefined` when it is absent or null, because client libraries in languages
 * with optional fields write null for a member that was not given.
 */
export function member(object: JsonObject, name: string): unknown {
  // An object parsed from `{"__proto__": …}` must not contribute inherited members.
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/**
 * A tag's value as text: a string unchanged, a boolean as `true` or `false`, a number as JavaScript
 * prints it (5.0 becomes `5`).
 *
 * A number beyond ±(2^53 − 1) is refused: the JSON parser has already rounded it, so an id of 19 digits
 * would silently match neighbouring ids.
 */
export function readText(value: unknown, path: string): string | FilterError {
  if (typeof value === "string") {
    if (fitsBytes(value, MAX_VALUE_BYTES)) return value;
    return filterError(path, "too long", `at most ${MAX_VALUE_BYTES} bytes`);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number") {
    return filterError(path, describe(value), "a string, a number or a boolean");
  }
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  return filterError(path, describe(value), "within ±9007199254740991, or a string");
}

/** Whether the text has at most `maxBytes` bytes in UTF-8. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  // A UTF-16 code unit takes one to three bytes, so the length alone decides nearly every text.
  if (text.length * 3 <= maxBytes) return true;
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}
