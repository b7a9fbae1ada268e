// Reads an app's `channel_delta_compression`: patterns of channel names, each with one word or a group of options.
// The hub matches channels against them. The invariant: the most specific pattern comes first.

import type { ChannelDelta } from "../protocol/app.ts";
import { CHANNEL_DELTA_KEYS, CHANNEL_DELTA_OPTIONS } from "./channel-delta-options.ts";
import { OTHER_ALGORITHMS } from "./delta-kinds.ts";
import { givenInObject } from "./keys.ts";
import { oneOf, refuseType, type Kind } from "./kinds.ts";
import type { ChannelDeltaSettings } from "./settings.ts";
import { isGroup, member, refuse, type SourcePosition } from "./source-position.ts";
import { readTable, writeTable } from "./table.ts";

/** A channel name, with at most one `*` at either end, or `*` alone. */
const PATTERN = /^(\*?[-=@,;:#.\w]+|[-=@,;:#.\w]+\*|\*)$/;

const WORD = oneOf(["inherit", "disabled", "fossil", "xdelta3"], { same: OTHER_ALGORITHMS });

const INHERIT: ChannelDeltaSettings = {
  enabled: true,
  algorithm: null,
  conflationKey: null,
  maxKeys: null,
  deliverTags: null,
};

const ALLOWED = "a group of channels' names and patterns";

/**
 * Patterns with their settings. Exact names come first, then patterns from the longest to the shortest, then `*`. Of two
 * patterns of the same length, `prefix*` comes before `*suffix`. An invalid pattern is reported.
 */
export const CHANNEL_DELTA: Kind<readonly ChannelDelta[]> = {
  allowed: `${ALLOWED}, each with ${WORD.allowed}, or with a group of keys`,
  read(value, position) {
    if (!isGroup(value)) return refuseType(value, position, ALLOWED);
    return Object.entries(value)
      .flatMap(([pattern, each]) => readChannels(pattern, each, member(position, pattern)) ?? [])
      .toSorted((one, other) => weight(other.pattern) - weight(one.pattern));
  },
  write: (channels) =>
    Object.fromEntries(
      channels.map(({ pattern, ...settings }) => [
        pattern,
        writeTable(CHANNEL_DELTA_OPTIONS, settings),
      ]),
    ),
};

function readChannels(
  pattern: string,
  value: unknown,
  position: SourcePosition,
): ChannelDelta | undefined {
  if (!PATTERN.test(pattern))
    refuse(position, {
      problem: 'it must be the name of a channel, "*", or a part of a name with "*" at one end',
    });
  const settings = value === null ? undefined : readSettings(value, position);
  return settings === undefined ? undefined : { pattern, ...settings };
}

function readSettings(value: unknown, position: SourcePosition): ChannelDeltaSettings | undefined {
  if (isGroup(value))
    return readTable(CHANNEL_DELTA_OPTIONS, givenInObject(CHANNEL_DELTA_KEYS, value, position));
  if (typeof value !== "string")
    return refuseType(value, position, `${WORD.allowed}, or a group of keys`);
  const word = WORD.read(value, position);
  switch (word) {
    case undefined:
      return undefined;
    case "inherit":
      return INHERIT;
    case "disabled":
      return { ...INHERIT, enabled: false };
    case "fossil":
    case "xdelta3":
      return { ...INHERIT, algorithm: word };
    default:
      return word satisfies never;
  }
}

/** How specific a pattern is. A prefix ranks above a suffix of the same length. */
function weight(pattern: string): number {
  if (!pattern.includes("*")) return Number.MAX_SAFE_INTEGER;
  return pattern.length + (pattern.endsWith("*") ? 0.5 : 0);
}
