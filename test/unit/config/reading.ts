// Helpers for the tests of this folder: the configuration or the formatted errors of a JSON value or a text.

import type { Config } from "../../../src/config/config.ts";
import { formatConfigErrors } from "../../../src/config/config-error.ts";
import { readConfig, type ConfigReading, type ConfigSource } from "../../../src/config/read.ts";

/** A valid app, for files that need one. */
export const APP: Readonly<Record<string, string>> = { id: "1", key: "key-1", secret: "secret-1" };

/** Reads `file` as fanwire.json, or as the given path if it is a text. */
export function reading(
  file: object | string | undefined,
  rest: Partial<ConfigSource> & { readonly path?: string } = {},
): ConfigReading {
  const { path = "fanwire.json", env = {}, overrides } = rest;
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return readConfig({ file: file === undefined ? undefined : { path, text }, env, overrides });
}

/** The configuration. Throws the errors if there are any. */
export function configOf(...args: Parameters<typeof reading>): Config {
  const read = reading(...args);
  if (read.kind === "errors") throw new Error(formatConfigErrors(read.errors));
  return read.config;
}

/** The errors as they are printed, one per line. Throws if there are none. */
export function errorsOf(...args: Parameters<typeof reading>): readonly string[] {
  const read = reading(...args);
  if (read.kind === "config") throw new Error("Cannot find a message: the configuration is valid");
  return formatConfigErrors(read.errors).split("\n");
}

/** The warnings. Throws the errors if there are any. */
export function warningsOf(...args: Parameters<typeof reading>): readonly string[] {
  const read = reading(...args);
  if (read.kind === "errors") throw new Error(formatConfigErrors(read.errors));
  return read.warnings;
}

/** An object with `value` at a dotted path. */
export function nested(path: string, value: unknown): object {
  const [first = "", ...rest] = path.split(".");
  return { [first]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

/** A JSON value as an inline TOML value. */
export function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, each]) => `${key} = ${tomlOf(each)}`);
  return `{ ${members.join(", ")} }`;
}
