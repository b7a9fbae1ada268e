// The log: one line for each event that an operator wants to know of. Nothing is logged on the way
// of a message; what happens there is counted.
import {
  jsonLine,
  LOG_LEVELS,
  type LogEvent,
  type LogFields,
  type LogLevel,
  textLine,
} from "./line.ts";
import { Repeats } from "./repeats.ts";

/** How and where events are written. */
export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Whether text has colours; JSON never has. */
  readonly colour: boolean;
  /** Gets whole lines, each with its line feed. */
  readonly write: (line: string) => void;
  /** The wall clock in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Writes events. The message is always the same for one kind of event; what differs goes into the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A warning that is written once a minute for each key, with the number of those `left_out` before it. For limits that are hit. */
  once(key: string, message: string, fields?: LogFields): void;
  /** The same log, with these fields in every event. */
  child(fields: LogFields): Log;
}

const REPEAT_WINDOW_MS = 60_000;
const MAX_REPEAT_KEYS = 1000;

/** Makes a log. It throws only what `write` throws. */
export function createLog(options: LogOptions): Log {
  return bindLog(options, new Repeats(REPEAT_WINDOW_MS, MAX_REPEAT_KEYS), {});
}

function bindLog(options: LogOptions, repeats: Repeats, bound: LogFields): Log {
  const lowest = LOG_LEVELS.indexOf(options.level);

  function note(level: LogLevel, message: string, fields: LogFields): void {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const event: LogEvent = {
      timeMs: options.nowMs(),
      level,
      message,
      fields: { ...bound, ...fields },
    };
    options.write(options.format === "json" ? jsonLine(event) : textLine(event, options.colour));
  }

  return {
    debug: (message, fields = {}) => note("debug", message, fields),
    info: (message, fields = {}) => note("info", message, fields),
    warn: (message, fields = {}) => note("warn", message, fields),
    error: (message, fields = {}) => note("error", message, fields),
    once(key, message, fields = {}) {
      const leftOut = repeats.admit(key, options.nowMs());
      if (leftOut === null) return;
      note("warn", message, leftOut === 0 ? fields : { ...fields, left_out: leftOut });
    },
    child: (fields) => bindLog(options, repeats, { ...bound, ...fields }),
  };
}
