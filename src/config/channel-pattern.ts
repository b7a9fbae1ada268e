// The channel pattern of a webhook's filter: `*` matches any characters, everything else is literal. Sockudo has a
// regular expression here. It is translated if a pattern can express the same, and refused otherwise.

import type { Json, Kind } from "./kinds.ts";
import { refuse, show } from "./source-position.ts";

/** Marks a text as a regular expression. A channel name has none of these characters, and no pattern contains `.*`. */
const REGEX = /[\\^$()[\]{}+?|]|\.\*/;

/** The parts of a regular expression that a pattern can express: `.*`, and one literal character. */
const STEP = /\.\*|\\?([-=@,;:#.]|\w)/y;

const ALLOWED = 'a channel\'s name with "*" for any characters, such as "private-*"';

/** A pattern. Null for an empty text, which matches every channel. */
export const CHANNEL_PATTERN: Kind<string | null> = {
  allowed: `${ALLOWED}, or the same as a regular expression, such as "^private-.*"`,
  read(value, position) {
    if (value === "") return null;
    const pattern = typeof value === "string" ? channelPattern(value) : undefined;
    if (pattern !== undefined) return pattern;
    const problem = `it must be ${ALLOWED}; of regular expressions only those are known that say no more`;
    return refuse(position, { value: show(value), problem });
  },
  write: patternText,
};

/** The pattern that is equivalent to a text. Undefined when there is none. */
export function channelPattern(text: string): string | undefined {
  if (REGEX.test(text)) return ofExpression(text);
  return /^[-=@,;:#.*\w]+$/.test(text) ? text : undefined;
}

/** A pattern as text. A pattern that looks like a regular expression is written as one, to be read back the same. */
function patternText(pattern: string | null): Json {
  if (pattern === null || !REGEX.test(pattern)) return pattern;
  return `^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`;
}

function ofExpression(text: string): string | undefined {
  const [, start, body = "", end] = /^(\^?)([^]*?)((?<!\\)\$)?$/.exec(text) ?? [];
  let pattern = "";
  for (STEP.lastIndex = 0; STEP.lastIndex < body.length;) {
    const [step, literal] = STEP.exec(body) ?? [];
    // A bare dot is any one character and `\w` a class of characters: a pattern can express neither.
    if (step === undefined || step === "." || /^\\\w/.test(step)) return undefined;
    pattern += literal ?? "*";
  }
  // A regular expression matches anywhere in a name unless it is anchored.
  const whole = `${start === "" ? "*" : ""}${pattern}${end === undefined ? "*" : ""}`;
  return whole.replace(/\*+/g, "*");
}
