// The switch `debug`, which Sockudo and soketi have instead of a log level.

import { flagValue, reader, type Reader } from "../kinds.ts";
import type { LogLevel } from "../options/observation.ts";

/** Reads the switch as a log level: true is `debug`. False is filtered out by `isNotFalse`. */
export const DEBUG: Reader<LogLevel> = reader("true or false", (value) =>
  flagValue(value) === undefined ? undefined : "debug",
);

/** Whether a value of the switch sets the log level. False leaves the level as it is. */
export function isNotFalse(value: unknown): boolean {
  return flagValue(value) !== false;
}
