// Conflation keys say to which stream of a channel a message belongs. They are read from its data by a
// path. Clients extract the key from a frame with a simple pattern, so it must need no JSON escapes.
import { createHash } from "node:crypto";

const MAX_KEY_LENGTH = 64;
/** Printable ASCII except the quote and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The key of a message; empty if the path leads to nothing. `data` is text, which may or may not be JSON. */
export function conflationKey(data: string, path: readonly string[]): string {
  if (path.length === 0) return "";
  let value = parse(data);
  // Sockudo's paths begin at the frame, and so with `data`; ours begin inside the data. Both are accepted.
  const steps = path.length > 1 && path[0] === "data" && !has(value, "data") ? path.slice(1) : path;
  for (const step of steps) {
    if (!has(value, step)) return "";
    value = value[step];
  }
  return plainKey(textOf(value));
}

/** The text itself, or a digest if it is long or would need an escape. */
export function plainKey(text: string): string {
  if (text.length <= MAX_KEY_LENGTH && PLAIN.test(text)) return text;
  return `#${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

function has(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
