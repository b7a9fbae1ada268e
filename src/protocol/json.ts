// Parses JSON from outside: the result is a value or undefined, never an exception.
import { endOfText, hasExcessiveSlots } from "./json-slots.ts";

/** The maximum nesting depth of arrays and objects. Deeper nesting costs more to parse than it is worth. */
export const MAX_JSON_DEPTH = 128;

/** What makes a text too expensive to parse. */
export type JsonExcess = "depth" | "keys";

/** The wording of each excess in error messages. */
export const JSON_EXCESSES: Readonly<Record<JsonExcess, string>> = {
  depth: "is nested too deeply",
  keys: "has too many large whole numbers as keys",
};

/** The parsed value, or undefined if the text is not JSON (which has no undefined) or is too expensive to parse. */
export function parseJson(text: string): unknown {
  if (excessOfJson(text) !== null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Why `parseJson` rejects a text that may well be valid JSON: it is nested more than 128 deep, or it has whole-number
 * keys that would take memory out of all proportion. Null if neither is the case.
 */
export function excessOfJson(text: string): JsonExcess | null {
  if (isTooDeep(text)) return "depth";
  return hasExcessiveSlots(text) ? "keys" : null;
}

/** Whether the brackets outside quoted texts are nested too deeply. */
function isTooDeep(text: string): boolean {
  // Every bracket must be closed again, so a shorter text cannot be both that deep and valid JSON.
  if (text.length <= 2 * MAX_JSON_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === OPEN_LIST || code === OPEN_OBJECT) depth++;
    else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
    if (depth > MAX_JSON_DEPTH) return true;
  }
  return false;
}

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Whether the value is a JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
