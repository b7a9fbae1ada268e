// An app's delta settings by channel: words, groups, what is refused, and which pattern applies first.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ChannelDelta } from "../../../src/protocol/app.ts";
import { APP, configOf, errorsOf, warningsOf } from "./reading.ts";

const INHERIT: Omit<ChannelDelta, "pattern"> = {
  enabled: true,
  algorithm: null,
  conflationKey: null,
  maxKeys: null,
  deliverTags: null,
};

const SETTINGS: readonly (readonly [given: unknown, settings: Partial<ChannelDelta>])[] = [
  ["inherit", {}],
  ["disabled", { enabled: false }],
  ["fossil", { algorithm: "fossil" }],
  ["xdelta3", { algorithm: "xdelta3" }],
  ["vcdiff", { algorithm: "xdelta3" }],
  ["Disabled", { enabled: false }],
  ["XDelta3", { algorithm: "xdelta3" }],
  [{}, {}],
  [{ enabled: null, algorithm: null, conflation_key: null, enable_tags: null }, {}],
  [{ enabled: false }, { enabled: false }],
  [{ enabled: "no" }, { enabled: false }],
  [{ algorithm: "Fossil" }, { algorithm: "fossil" }],
  [{ algorithm: "VCDIFF" }, { algorithm: "xdelta3" }],
  [{ conflation_key: "item_id" }, { conflationKey: "item_id" }],
  [{ conflationKey: "quote.symbol" }, { conflationKey: "quote.symbol" }],
  [{ conflation_key: "" }, { conflationKey: "" }],
  [{ max_conflation_keys: 1000 }, { maxKeys: 1000 }],
  [{ maxConflationKeys: "7" }, { maxKeys: 7 }],
  [{ enable_tags: true }, { deliverTags: true }],
  [{ enableTags: false }, { deliverTags: false }],
  [{ max_messages_per_key: 10 }, {}],
  [{ max_messages_per_key: 30 }, {}],
];

const WORDS = '"inherit" or "disabled" or "fossil" or "xdelta3" or "vcdiff"';

const WRONG_SETTINGS: readonly (readonly [given: unknown, message: string])[] = [
  ["fosil", ` "fosil": it must be ${WORDS}, did you mean "fossil"`],
  ["", ` "": it must be ${WORDS}`],
  [true, ` (a boolean): it must be ${WORDS}, or a group of keys`],
  [7, ` (a number): it must be ${WORDS}, or a group of keys`],
  [["fossil"], ` (a list): it must be ${WORDS}, or a group of keys`],
  [{ algorithm: "inherit" }, '.algorithm "inherit": it must be "fossil" or "xdelta3" or "vcdiff"'],
  [{ algoritm: "fossil" }, ".algoritm: it is not a known key, did you mean algorithm"],
  [{ enabled: "maybe" }, '.enabled "maybe": it must be true or false'],
  [
    { conflation_key: "a." },
    '.conflation_key "a.": it must be empty, or names with dots between them such as "quote.symbol"',
  ],
  [
    { max_conflation_keys: 0 },
    ".max_conflation_keys 0: it must be a whole number from 1 to 1000000",
  ],
];

const PATTERNS: readonly string[] = [
  "ticker",
  "ticker*",
  "ticker:*",
  "*-prices",
  "*",
  "private-a_b=c@d,e.f;7",
  "#server-to-user-*",
  "__proto__",
  "7",
];

const WRONG_PATTERNS: readonly (readonly [pattern: string, shown: string])[] = [
  ["market-*-data", '["market-*-data"]'],
  ["*ticker*", '["*ticker*"]'],
  ["**", '["**"]'],
  ["", '[""]'],
  ["two words", '["two words"]'],
  ["^ticker", '["^ticker"]'],
  ["ticker\n", '["ticker\\n"]'],
];

describe("the settings of channels", () => {
  for (const [given, settings] of SETTINGS)
    test(`are read from ${JSON.stringify(given)}`, () => {
      const keys = { "ticker:*": given };
      expect(channelsOf(keys)).toEqual([{ pattern: "ticker:*", ...INHERIT, ...settings }]);
      expect(warningsOf(fileOf(keys))).toEqual([]);
    });

  for (const [given, message] of WRONG_SETTINGS)
    test(`are refused: ${JSON.stringify(given)}`, () => {
      expect(errorsOf(fileOf({ ticker: given }))).toEqual([
        `fanwire.json: Cannot use apps[0].channel_delta_compression.ticker${message}`,
      ]);
    });

  test("give a warning when they ask for more messages per key", () => {
    expect(warningsOf(fileOf({ "a*": { max_messages_per_key: 5 } }))).toEqual([
      'fanwire.json: apps[0].channel_delta_compression["a*"].max_messages_per_key has no effect: this version keeps one message of each conflation key',
    ]);
  });

  test("are absent if they are null", () => {
    expect(channelsOf({ a: null, b: "fossil" }).map(({ pattern }) => pattern)).toEqual(["b"]);
    expect(channelsOf(null)).toEqual([]);
  });

  test("are a group", () => {
    expect(errorsOf(fileOf(["ticker"]))).toEqual([
      "fanwire.json: Cannot use apps[0].channel_delta_compression (a list): it must be a group of channels' names and patterns",
    ]);
  });

  test("must not be both beside policy and in it", () => {
    const channels = { channel_delta_compression: { a: "fossil" } };
    expect(errorsOf({ apps: [{ ...APP, ...channels, policy: { channels } }] })).toEqual([
      "fanwire.json: Cannot use apps[0].policy.channels.channel_delta_compression: apps[0].channel_delta_compression gives the same option",
    ]);
  });
});

describe("a pattern of channels", () => {
  for (const pattern of PATTERNS)
    test(`may be ${pattern}`, () => {
      const file = `{"apps":[{"id":"1","key":"key-1","secret":"secret-1","channelDeltaCompression":{${JSON.stringify(pattern)}:"fossil"}}]}`;
      expect(configOf(file).apps.flatMap(({ channelDelta }) => channelDelta)).toEqual([
        { pattern, ...INHERIT, algorithm: "fossil" },
      ]);
    });

  for (const [pattern, shown] of WRONG_PATTERNS)
    test(`may not be ${JSON.stringify(pattern)}`, () => {
      expect(errorsOf(fileOf({ [pattern]: "fossil" }))).toEqual([
        `fanwire.json: Cannot use apps[0].channel_delta_compression${shown}: it must be the name of a channel, "*", or a part of a name with "*" at one end`,
      ]);
    });

  test("is refused together with the errors in its settings", () => {
    expect(errorsOf(fileOf({ "a*b": "x" }))).toHaveLength(2);
  });
});

describe("the order of patterns", () => {
  test("is exact names, then longer wildcards, prefixes before suffixes, then all channels", () => {
    const patterns = ["*", "a*", "*-prices", "zz", "*a", "ticker-*", "tick*", "ticker-7"];
    const keys = Object.fromEntries(patterns.map((pattern) => [pattern, "inherit"]));
    expect(channelsOf(keys).map(({ pattern }) => pattern)).toEqual([
      "zz",
      "ticker-7",
      "ticker-*",
      "*-prices",
      "tick*",
      "a*",
      "*a",
      "*",
    ]);
  });

  test("puts the pattern that matches most of a channel's name first", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 4 });
    const pattern = fc.oneof(
      name,
      name.map((part) => `${part}*`),
      name.map((part) => `*${part}`),
      fc.constant("*"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(pattern, { maxLength: 8 }), name, (patterns, channel) => {
        const keys = Object.fromEntries(patterns.map((each) => [each, "inherit"]));
        const found = channelsOf(keys).find((each) => matches(each.pattern, channel));
        expect(found?.pattern).toBe(mostSpecific(patterns, channel));
      }),
      { seed: 20_260_902, numRuns: 500 },
    );
  });
});

function fileOf(channels: unknown): object {
  return { apps: [{ ...APP, channel_delta_compression: channels }] };
}

function channelsOf(channels: unknown): readonly ChannelDelta[] {
  return configOf(fileOf(channels)).apps.flatMap(({ channelDelta }) => channelDelta);
}

/** The rule as a model: the exact name, otherwise the pattern with the most literal characters, prefixes first. */
function mostSpecific(patterns: readonly string[], channel: string): string | undefined {
  if (patterns.includes(channel)) return channel;
  for (let length = channel.length; length > 0; length--) {
    const candidates = [`${channel.slice(0, length)}*`, `*${channel.slice(-length)}`];
    const found = candidates.find((candidate) => patterns.includes(candidate));
    if (found !== undefined) return found;
  }
  return patterns.includes("*") ? "*" : undefined;
}

function matches(pattern: string, channel: string): boolean {
  return new RegExp(`^${RegExp.escape(pattern).replace("\\*", "[^]*")}$`).test(channel);
}
