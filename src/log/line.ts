// An event of the log as one line: JSON, or text that a person reads. Whatever a value contains, it
// stays one line, and no value can look like another field or change a terminal's colours.
import { printable } from "./printable.ts";
import { isSecretKey, REDACTED, redactText } from "./redact.ts";

/** The levels, from the chattiest. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of them: events below the level that is set are not written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What an event is told with. Names are snake_case and carry their unit. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Something that has happened. */
export interface LogEvent {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Characters of a value that are kept. */
const MAX_VALUE_LENGTH = 500;
/** Characters in which secrets are looked for: more than are kept, so that none is cut in a way that hides it. */
const MAX_SEARCHED_LENGTH = 4000;
const BARE = /^[\w./:@+*%,-]+$/;
const RESERVED: ReadonlySet<string> = new Set(["time", "level", "msg"]);
const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "2",
  info: "36",
  warn: "33",
  error: "31",
};

/** `{"time":…,"level":…,"msg":…}` and the fields; a field of one of these names gets a `_` at its end. */
export function jsonLine({ timeMs, level, message, fields }: LogEvent): string {
  const shownFields = Object.entries(fields).map(
    ([key, value]) => [RESERVED.has(key) ? `${key}_` : key, shown(key, value)] as const,
  );
  const line = Object.fromEntries([
    ["time", new Date(timeMs).toISOString()],
    ["level", level],
    ["msg", bound(message)],
    ...shownFields,
  ]);
  return `${quote(line)}\n`;
}

/** `TIME LEVEL message key=value`; values that are not plain words are quoted as in JSON. */
export function textLine({ timeMs, level, message, fields }: LogEvent, colour: boolean): string {
  const pairs = Object.entries(fields).map(
    ([key, value]) => ` ${paint("2", `${bare(key)}=`, colour)}${bare(shown(key, value))}`,
  );
  const time = paint("2", new Date(timeMs).toISOString(), colour);
  const name = paint(COLOURS[level], level.toUpperCase().padEnd(5), colour);
  return `${time} ${name} ${quote(bound(message)).slice(1, -1)}${pairs.join("")}\n`;
}

/** The value as it may be written. */
function shown(key: string, value: LogFields[string]): LogFields[string] {
  // That there is none, or whether, is no secret.
  if (value === null || typeof value === "boolean") return value;
  if (isSecretKey(key)) return REDACTED;
  // JSON has no Infinity and would say null.
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return bound(value);
}

function bound(text: string): string {
  const searched = redactText(text.slice(0, MAX_SEARCHED_LENGTH));
  const cut = searched.length > MAX_VALUE_LENGTH || text.length > MAX_SEARCHED_LENGTH;
  return cut ? `${searched.slice(0, MAX_VALUE_LENGTH)}…` : searched;
}

function bare(value: LogFields[string]): string {
  return typeof value === "string" && !BARE.test(value) ? quote(value) : String(value);
}

function quote(value: unknown): string {
  // JSON leaves some as they are that a terminal obeys.
  return printable(JSON.stringify(value));
}

function paint(code: string, text: string, colour: boolean): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}
