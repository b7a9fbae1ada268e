// Formats an event of the log as one line, in JSON or as text for people. Values are escaped: none can break the line,
// look like another field or control the terminal.
import { printable } from "./printable.ts";
import { isSecretKey, REDACTED, redactText } from "./redact.ts";

/** The levels, from the most verbose to the least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** A level. Events below the level of a log are not written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The fields of an event. Names are in snake_case and end with their unit. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** An event to be logged. */
export interface LogEvent {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** The maximum length of a value. */
const MAX_VALUE_LENGTH = 500;
/** How many characters of a value are searched for secrets: more than are kept, so that cutting cannot hide one. */
const MAX_SEARCHED_LENGTH = 4000;
const BARE = /^[\w./:@+*%,-]+$/;
const RESERVED: ReadonlySet<string> = new Set(["time", "level", "msg"]);
const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "2",
  info: "36",
  warn: "33",
  error: "31",
};

/** `{"time":…,"level":…,"msg":…}` with the fields. A field with one of these names gets a `_` at the end. */
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

/** `TIME LEVEL message key=value`. Values that are not plain words are quoted as in JSON. */
export function textLine({ timeMs, level, message, fields }: LogEvent, colour: boolean): string {
  const pairs = Object.entries(fields).map(
    ([key, value]) => ` ${paint("2", `${bare(key)}=`, colour)}${bare(shown(key, value))}`,
  );
  const time = paint("2", new Date(timeMs).toISOString(), colour);
  const name = paint(COLOURS[level], level.toUpperCase().padEnd(5), colour);
  return `${time} ${name} ${quote(bound(message)).slice(1, -1)}${pairs.join("")}\n`;
}

/** The value with secrets redacted, in a form that can be written. */
function shown(key: string, value: LogFields[string]): LogFields[string] {
  // Null and flags cannot be secrets, whatever the key.
  if (value === null || typeof value === "boolean") return value;
  if (isSecretKey(key)) return REDACTED;
  // JSON.stringify would write null for Infinity and NaN.
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
  // JSON does not escape all characters that control a terminal.
  return printable(JSON.stringify(value));
}

function paint(code: string, text: string, colour: boolean): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}
