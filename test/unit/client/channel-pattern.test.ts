import { expect, test } from "bun:test";
import { matchesAny } from "../../../src/client/channel-pattern.ts";

test.each([
  { patterns: ["*"], channel: "any", is: true },
  { patterns: ["ticker"], channel: "ticker", is: true },
  { patterns: ["ticker"], channel: "tickers", is: false },
  { patterns: ["ticker*"], channel: "ticker", is: true },
  { patterns: ["ticker*"], channel: "my-ticker", is: false },
  { patterns: ["*-prices"], channel: "eu-prices", is: true },
  { patterns: ["*-prices"], channel: "prices", is: false },
  { patterns: ["quotes", "ticker*"], channel: "ticker-1", is: true },
  { patterns: [], channel: "any", is: false },
])("matchesAny() says $is of $channel for $patterns", ({ patterns, channel, is }) => {
  expect(matchesAny(patterns, channel)).toBe(is);
});
