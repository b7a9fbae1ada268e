// `debug: true`, which Sockudo and soketi have in place of a log level.

import { flagValue, reader, type Reader } from "../kinds.ts";
import type { LogLevel } from "../options/observation.ts";

/** The switch as a log level: true is `debug`. False never reaches it, see `isNotFalse`. */
export const DEBUG: Reader<LogLevel> = reader("true or false", (value) =>
  flagValue(value) === undefined ? undefined : "debug",
);

/** Whether a value of the switch sets the log level. False leaves the level as it is. */
export function isNotFalse(value: unknown): boolean {
  return flagValue(value) !== false;
}
