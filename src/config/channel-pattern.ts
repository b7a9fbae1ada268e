// The pattern of a webhook's channel filter: `*` for any characters, the rest literal. Sockudo has a regular
// expression in its place; one that a pattern can say is translated, with the same meaning, any other refused.

import type { Json, Kind } from "./kinds.ts";
import { refuse, show } from "./source-position.ts";

/** What makes a text a regular expression: none of it is in a channel's name, but for `.*`, where it is no pattern. */
const REGEX = /[\\^$()[\]{}+?|]|\.\*/;

/** One step of an expression that a pattern can say: any characters, or one literal. */
const STEP = /\.\*|\\?([-=@,;:#.]|\w)/y;

const ALLOWED = 'a channel\'s name with "*" for any characters, such as "private-*"';

/** A pattern; null for an empty text, which demands nothing. */
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

/** The pattern that a text means; undefined when none says the same. */
export function channelPattern(text: string): string | undefined {
  if (REGEX.test(text)) return ofExpression(text);
  return /^[-=@,;:#.*\w]+$/.test(text) ? text : undefined;
}

/** The text that means a pattern: an expression where the pattern itself would be taken for one. */
function patternText(pattern: string | null): Json {
  if (pattern === null || !REGEX.test(pattern)) return pattern;
  return `^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`;
}

function ofExpression(text: string): string | undefined {
  const [, start, body = "", end] = /^(\^?)([^]*?)((?<!\\)\$)?$/.exec(text) ?? [];
  let pattern = "";
  for (STEP.lastIndex = 0; STEP.lastIndex < body.length;) {
    const [step, literal] = STEP.exec(body) ?? [];
    // A point of its own is any one character, a letter after a backslash a class: no pattern has either.
    if (step === undefined || step === "." || /^\\\w/.test(step)) return undefined;
    pattern += literal ?? "*";
  }
  // An expression may stand anywhere in a name, unless it says where.
  const whole = `${start === "" ? "*" : ""}${pattern}${end === undefined ? "*" : ""}`;
  return whole.replace(/\*+/g, "*");
}
