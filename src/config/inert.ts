// The shapes of keys without effect: when a value of such a key asks for something. Other servers' sample files
// are full of keys at their defaults; a warning for each of those would hide the ones that matter.

import { isGroup } from "./place.ts";
import type { Inert } from "./table.ts";

/** A key that asks for a feature, unless its value turns it off or leaves it out. */
export function feature(path: string, lacks: string, env: readonly string[] = []): Inert {
  return { path, env, asks: isOn, lacks };
}

/** A key that tunes something, and asks for nothing while it has one of its usual values. */
export function tuning(
  path: string,
  usual: readonly unknown[],
  lacks: string,
  env: readonly string[] = [],
): Inert {
  const words = new Set(["null", ...usual.map(wordOf)]);
  return { path, env, asks: (value) => !words.has(wordOf(value)), lacks };
}

/** A key that asks for nothing, whatever its value. */
export function unused(path: string, lacks: string): Inert {
  return { path, asks: () => false, lacks };
}

/** The settings of a driver, which ask for nothing: the driver's name does, and is refused when it is not here. */
export function driverSettings(path: string): Inert {
  return unused(path, "has no such driver");
}

/** Whether a value asks for a feature: any value but those that turn one off or leave it out. */
export function isOn(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isGroup(value)) return value["enabled"] !== false && Object.keys(value).length > 0;
  return !["null", "false", "no", "off", "0", "-1", "", "[]", "{}"].includes(wordOf(value));
}

/** A value as a variable would hold it. */
function wordOf(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase() : (JSON.stringify(value) ?? "");
}
