import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { ChannelFilter } from "../../../src/protocol/app.ts";
import { channelTest } from "../../../src/webhook/channel-filter.ts";

const NONE: ChannelFilter = { prefix: null, suffix: null, pattern: null };

describe("channelTest()", () => {
  test.each([
    [{}, "any", true],
    [{ prefix: "private-" }, "private-a", true],
    [{ prefix: "private-" }, "my-private-a", false],
    [{ suffix: "-eu" }, "news-eu", true],
    [{ suffix: "-eu" }, "news-eu-2", false],
    [{ prefix: "a", suffix: "b" }, "a-b", true],
    [{ prefix: "a", suffix: "b" }, "a-c", false],
    [{ prefix: "a", suffix: "b", pattern: "*-*" }, "a-b", true],
    [{ prefix: "a", suffix: "b", pattern: "*+*" }, "a-b", false],
    [{ pattern: "" }, "", true],
    [{ pattern: "" }, "a", false],
    [{ pattern: "*" }, "", true],
    [{ pattern: "room" }, "room", true],
    [{ pattern: "room" }, "rooms", false],
    [{ pattern: "room-*" }, "room-", true],
    [{ pattern: "*-room" }, "-room", true],
    [{ pattern: "room-*-*" }, "room-1-2", true],
    [{ pattern: "room-*-*" }, "room-1", false],
    // Parts must not overlap.
    [{ pattern: "aba*aba" }, "ababa", false],
    [{ pattern: "a*a" }, "a", false],
    // Special characters of regular expressions are literal.
    [{ pattern: "a.c*" }, "abc", false],
    [{ pattern: "(a|b)*" }, "(a|b)1", true],
  ] as const)("%o on %j: %p", (filter, channel, passes) => {
    expect(channelTest({ ...NONE, ...filter })(channel)).toBe(passes);
  });

  test("agrees with a regular expression on random patterns and names", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 }),
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 }),
        (pattern, channel) => {
          const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(channel);
          expect(channelTest({ ...NONE, pattern })(channel)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
