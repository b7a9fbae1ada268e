// Mutates valid text, as a faulty or hostile client would.
import type { Random } from "./random.ts";

/** Pieces that have broken parsers of JSON, of names and of HTTP before. */
const PIECES: readonly [string, ...string[]] = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  " ",
  "\\u0000",
  "\\ud800",
  "\\udfff",
  "\\u2028",
  "\\/",
  "\\x",
  "null",
  "true",
  "-0",
  "1e999",
  "-1",
  "0.1",
  "9007199254740993",
  "1".repeat(400),
  "NaN",
  "{}",
  "[]",
  '""',
  '"__proto__":{}',
  '"constructor":{}',
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  '"event":',
  '"data":',
  '"channel":',
  '"user_id":',
  '"auth":',
  '"filter":{"op":"not","nodes":[]}',
  '"delta":true',
  "private-",
  "presence-",
  "private-encrypted-",
  "cache-",
  "client-",
  "pusher:",
  "pusher_internal:",
  "sockudo:",
  "#server-to-user-",
  "\0",
  "\t",
  "\n",
  "\r\n",
  "\u007f",
  "é",
  "😀",
  "\u202e",
  "\ufeff",
  "%00",
  "%",
  "&",
  "=",
  "?",
  "#",
  "/../",
  ";",
];

/** The text with one to three changes. */
export function mutated(random: Random, text: string): string {
  let result = text;
  for (let times = 1 + random.below(3); times > 0; times--) result = changed(random, result);
  return result;
}

function changed(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const length = 1 + random.below(12);
  const before = text.slice(0, at);
  switch (random.below(7)) {
    case 0:
      return before + random.pick(PIECES) + text.slice(at);
    case 1:
      return before + random.pick(PIECES) + text.slice(at + length);
    case 2:
      return before + text.slice(at + length);
    case 3:
      return before;
    case 4:
      return before + text.slice(at, at + length) + text.slice(at);
    case 5:
      return before + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    default:
      return text.slice(at) + before;
  }
}
