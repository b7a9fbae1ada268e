// The log for operators. Publishing and delivery are not logged: they are counted by metrics.
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

/** Writes events. The message is constant for each kind of event; variable parts go into the fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A warning that is written at most once a minute for each key, with the number of those `left_out` since. For limits that are hit. */
  once(key: string, message: string, fields?: LogFields): void;
  /** A log that adds these fields to every event. */
  child(fields: LogFields): Log;
}

const REPEAT_WINDOW_MS = 60_000;
const MAX_REPEAT_KEYS = 1000;

/** Creates a log. Its methods throw only what `write` throws. */
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
      const leftOut = repeats.allow(key, options.nowMs());
      if (leftOut === null) return;
      note("warn", message, leftOut === 0 ? fields : { ...fields, left_out: leftOut });
    },
    child: (fields) => bindLog(options, repeats, { ...bound, ...fields }),
  };
}
