import { describe, expect, test } from "bun:test";
import { hostilePairs, streams } from "../../../bench/corpus.ts";

// Mean bytes of a message, on which the figures in the documentation of the bench are based.
const SIZES: Readonly<Record<string, number>> = {
  tickers: 111,
  quotes: 316,
  "order book": 929,
  scores: 716,
  "game state": 9432,
  iot: 361,
};

describe("streams()", () => {
  test("returns the same texts for the same seed, and different ones for another", () => {
    expect(streams(7)).toEqual(streams(7));
    const [one, other] = [streams(7), streams(8)];
    for (const [index, { messages }] of one.entries()) {
      expect(other[index]?.messages).not.toEqual(messages);
    }
  });

  test.each(streams(1))(
    "$name: a thousand JSON texts of the documented size",
    ({ name, messages }) => {
      expect(messages.length).toBeGreaterThanOrEqual(1000);
      for (const message of messages) expect(JSON.parse(message)).toBeObject();
      const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(message), 0);
      const expected = SIZES[name] ?? 0;
      expect(Math.abs(bytes / messages.length / expected - 1)).toBeLessThan(0.05);
    },
  );

  test("every number of a ticker changes with each message", () => {
    const tickers = streams(1)[0]?.messages ?? [];
    let unchangedCount = 0;
    for (let index = 1; index < tickers.length; index++) {
      const before = Object.values(JSON.parse(tickers[index - 1] ?? "{}"));
      const after = Object.values(JSON.parse(tickers[index] ?? "{}"));
      for (const [field, value] of after.entries()) {
        if (typeof value === "number" && value === before[field]) unchangedCount++;
      }
    }
    // Numbers that change in small steps sometimes stay the same.
    expect(unchangedCount).toBeLessThan(0.01 * 6 * tickers.length);
  });
});

describe("hostilePairs()", () => {
  test("returns pairs of the maximum size, the same for the same seed", () => {
    for (const { base, next } of hostilePairs(1)) {
      expect([base.length, next.length]).toEqual([65_536, 65_536]);
    }
    expect(hostilePairs(3)).toEqual(hostilePairs(3));
  });
});
