// Reading parsed JSON without trusting it: own members only, and one rule for texts.
// Filters and tags both read their texts here, because a filter's value and a tag's value
// must be turned into the same string or they never meet.

import { describe, mistake, type Mistake } from "./mistake.ts";

/** A parsed JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest key of a tag, in UTF-8 bytes, in filters and in publishes (Sockudo's limit). */
export const MAX_KEY_BYTES = 256;

/** Longest value of a tag, in UTF-8 bytes, in filters and in publishes (Sockudo's limit). */
export const MAX_VALUE_BYTES = 1024;

/** Whether the value is a JSON object, and not an array or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An object's own member, `undefined` when it is absent or null: client libraries in languages
 * with optional fields write null for "not given".
 */
export function member(object: JsonObject, name: string): unknown {
  // Own members only: an object made from `{"__proto__": …}` must not lend its parent's members.
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/**
 * The text of a tag's value: a string as it is, a boolean as `true` or `false`, a number as
 * JavaScript prints it (5.0 is `5`).
 *
 * A number beyond ±(2^53 − 1) is refused: JSON parsing has already rounded it, so an id of 19
 * digits would silently match its neighbours.
 */
export function readText(value: unknown, path: string): string | Mistake {
  if (typeof value === "string") {
    if (fitsBytes(value, MAX_VALUE_BYTES)) return value;
    return mistake(path, "too long", `at most ${MAX_VALUE_BYTES} bytes`);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number") {
    return mistake(path, describe(value), "a string, a number or a boolean");
  }
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  return mistake(path, describe(value), "within ±9007199254740991, or a string");
}

/** Whether the text has at most `maxBytes` bytes in UTF-8. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes, so nearly every text is decided by its length.
  if (text.length * 3 <= maxBytes) return true;
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}
