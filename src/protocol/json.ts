// Reading JSON of strangers: a value or undefined, never an exception.
import { endOfText, hasExcessiveSlots } from "./json-slots.ts";

/** Arrays and objects within one another, at most. What is nested deeper costs more to read than it is worth. */
export const MAX_JSON_DEPTH = 128;

/** What makes a text cost more to read than it is worth. */
export type JsonExcess = "depth" | "keys";

/** How that is said. */
export const JSON_EXCESSES: Readonly<Record<JsonExcess, string>> = {
  depth: "is nested too deeply",
  keys: "has too many large whole numbers as keys",
};

/** The parsed value, or undefined when the text is not JSON (which has no undefined) or costs too much to read. */
export function parseJson(text: string): unknown {
  if (excessOfJson(text) !== null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why `parseJson` takes the text for none though it may be JSON: it is nested more than 128 deep, or has whole numbers for keys out of all proportion. Null when it does not. */
export function excessOfJson(text: string): JsonExcess | null {
  if (isTooDeep(text)) return "depth";
  return hasExcessiveSlots(text) ? "keys" : null;
}

/** Whether brackets outside of texts stand open too deep. */
function isTooDeep(text: string): boolean {
  // As many brackets must be closed again: a shorter text cannot be both that deep and JSON.
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
