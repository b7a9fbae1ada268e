// The pattern of a channel filter: literal text with `*`, or a regular expression that is equivalent to one.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CHANNEL_PATTERN, channelPattern } from "../../../src/config/channel-pattern.ts";

const CASES: readonly (readonly [text: string, pattern: string | undefined])[] = [
  ["orders", "orders"],
  ["private-*", "private-*"],
  ["*-x", "*-x"],
  ["*", "*"],
  ["a.b", "a.b"],
  ["a.b*", "a.b*"],
  ["private-encrypted-a_b=c@d,e;f", "private-encrypted-a_b=c@d,e;f"],
  ["^private-.*", "private-*"],
  ["^private-.*$", "private-*"],
  ["^private-", "private-*"],
  ["^orders$", "orders"],
  ["-x$", "*-x"],
  [".*-x$", "*-x"],
  ["private-.*", "*private-*"],
  ["^a\\.b$", "a.b"],
  ["^a\\-b$", "a-b"],
  ["^.*$", "*"],
  [".*", "*"],
  ["^", "*"],
  ["^a.*b.*c$", "a*b*c"],
  ["^chat:.*", "chat:*"],
  ["^a.b$", undefined],
  ["^a.+$", undefined],
  ["^a.*?$", undefined],
  ["^a\\d$", undefined],
  ["^a[0-9]$", undefined],
  ["^(a|b)$", undefined],
  ["^a*$", undefined],
  ["a|b", undefined],
  ["a?", undefined],
  ["^a\\$", undefined],
  ["a$b", undefined],
  ["a b", undefined],
  ["é", undefined],
  ["", undefined],
];

describe("channelPattern()", () => {
  for (const [text, pattern] of CASES)
    test(`takes ${JSON.stringify(text)} for ${pattern ?? "nothing"}`, () => {
      expect(channelPattern(text)).toBe(pattern);
    });

  test("matches what the expression matches", () => {
    const part = fc.constantFrom(".*", "a", "b", "-", "\\.", "\\-", "_");
    const expression = fc
      .tuple(fc.constantFrom("^", ""), fc.array(part, { maxLength: 6 }), fc.constantFrom("$", ""))
      .map(([start, parts, end]) => start + parts.join("") + end)
      // A text without special characters is a name.
      .filter((text) => /[\\^$]|\.\*/.test(text));
    const name = fc.string({ unit: fc.constantFrom("a", "b", "-", ".", "_"), maxLength: 8 });
    fc.assert(
      fc.property(expression, name, (text, channel) => {
        const pattern = channelPattern(text);
        if (pattern === undefined) throw new Error(`Cannot translate ${text}`);
        expect(matches(pattern, channel)).toBe(new RegExp(text).test(channel));
      }),
      { seed: 20_260_900, numRuns: 1000 },
    );
  });

  test("reads back the pattern that it writes", () => {
    const piece = fc.constantFrom("*", ".", "a", "-", "=", ":");
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const pattern = pieces.join("").replace(/\*+/g, "*");
        const written = CHANNEL_PATTERN.write(pattern);
        expect(typeof written === "string" ? channelPattern(written) : written).toBe(pattern);
      }),
      { seed: 20_260_901 },
    );
  });
});

function matches(pattern: string, channel: string): boolean {
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join("[^]*")}$`).test(channel);
}
