// Keys and variables of other servers that are accepted and have no effect. A value that asks for something causes a
// warning. Sample files set many keys to their defaults; warning of those would hide the warnings that matter.

import { isGroup } from "./source-position.ts";

/** A key of another server that is known here and has no effect. */
export interface IgnoredKey {
  /** Its key, dotted; empty when it is only a variable. */
  readonly path: string;
  /** Its other keys, dotted. */
  readonly aliases?: readonly string[];
  readonly env?: readonly string[];
  /** Whether a value asks for something that this version does not do. Only then is there a warning. */
  readonly asks: (value: unknown) => boolean;
  /** Completes "this version …": `does not send webhooks`. */
  readonly lacks: string;
  /** Whether asking is an error instead of a warning, because ignoring the key would do something the author excluded. */
  readonly refused?: boolean | ((value: unknown) => boolean);
}

/** A key that turns on a feature. Any value asks for it but those that turn it off. */
export function feature(path: string, lacks: string, env: readonly string[] = []): IgnoredKey {
  return { path, env, asks: isOn, lacks };
}

/** A key that tunes something. Any value asks for something but the usual ones. */
export function tuning(
  path: string,
  usual: readonly unknown[],
  lacks: string,
  env: readonly string[] = [],
): IgnoredKey {
  const words = new Set(["null", ...usual.map(wordOf)]);
  return { path, env, asks: (value) => !words.has(wordOf(value)), lacks };
}

/** A key that never causes a warning. */
export function unused(path: string, lacks: string): IgnoredKey {
  return { path, asks: () => false, lacks };
}

/** The settings of a driver. They have a meaning only with the driver's name, which is refused by its own option. */
export function driverSettings(path: string): IgnoredKey {
  return unused(path, "has no such driver");
}

/** Whether a value turns a feature on. */
export function isOn(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isGroup(value)) return value["enabled"] !== false && Object.keys(value).length > 0;
  return !["null", "false", "no", "off", "0", "-1", "", "[]", "{}"].includes(wordOf(value));
}

/** A value as the text of a variable, in lower case. */
function wordOf(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : (JSON.stringify(value) ?? "");
}
