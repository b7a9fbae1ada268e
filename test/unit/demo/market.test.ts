import { describe, expect, test } from "bun:test";
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { EXCHANGES, LISTINGS, VENUES } from "../../../src/demo/listings.ts";
import { LEVEL_COUNT, Market, type Quote, type QuoteLevel } from "../../../src/demo/market.ts";

const FIRST_MS = 1_760_000_000_000;

function quotes(seed: number, count: number): readonly Quote[] {
  const market = new Market(seed);
  return Array.from({ length: count }, (_, index) => market.next(FIRST_MS + index * 20));
}

function cents({ price }: QuoteLevel): number {
  return Math.round(price * 100);
}

describe("Market", () => {
  test("next() returns the same quotes for the same seed, and different ones for another", () => {
    expect(quotes(7, 500)).toEqual([...quotes(7, 500)]);
    expect(quotes(8, 500)).not.toEqual([...quotes(7, 500)]);
  });

  test("next() quotes every listing, and the active ones more often", () => {
    const counts = new Map<string, number>();
    for (const { symbol } of quotes(1, 5000)) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    expect([...counts.keys()].toSorted()).toEqual(LISTINGS.map(({ symbol }) => symbol).toSorted());
    expect(counts.get("ARDN")).toBeGreaterThan(2 * (counts.get("ALBN") ?? Infinity));
  });

  test("next() names the exchange of a share", () => {
    for (const { symbol, name, exchange, mic, currency } of quotes(2, 200)) {
      const listing = LISTINGS.find((each) => each.symbol === symbol);
      expect({ name, exchange, ...VENUES[exchange] }).toEqual({
        name: listing?.name ?? "",
        exchange: listing?.exchange ?? "NYSE",
        lotSize: VENUES[exchange].lotSize,
        mic,
        currency,
      });
    }
  });

  test("next() keeps eight levels on each side, a cent apart, and never crosses them", () => {
    for (const { bids, asks, lotSize } of quotes(3, 5000)) {
      expect([bids.length, asks.length]).toEqual([LEVEL_COUNT, LEVEL_COUNT]);
      // From the lowest bid to the highest ask.
      const ladder = [...bids.toReversed(), ...asks].map(cents);
      expect(ladder).toEqual(ladder.map((_, index) => (ladder[0] ?? 0) + index));
      for (const { size, orders } of [...bids, ...asks]) {
        expect(size % lotSize).toBe(0);
        expect(size).toBeGreaterThanOrEqual(orders * lotSize);
        expect(orders).toBeGreaterThan(0);
      }
    }
  });

  test("next() keeps the last price within the day's range, and the volume grows", () => {
    const volumes = new Map<string, number>();
    for (const { symbol, low, last, high, volume } of quotes(4, 5000)) {
      expect(low).toBeLessThanOrEqual(last);
      expect(last).toBeLessThanOrEqual(high);
      expect(volume).toBeGreaterThanOrEqual(volumes.get(symbol) ?? 0);
      volumes.set(symbol, volume);
    }
  });

  test("next() stays near the first price for hours", () => {
    const first = new Map(LISTINGS.map(({ symbol, price }) => [symbol, price]));
    const threeHours = quotes(5, 3 * 3600 * 50);
    const worst = Math.max(
      ...threeHours.slice(-5000).map(({ symbol, last }) => {
        const price = first.get(symbol) ?? Number.NaN;
        return Math.abs(last - price) / price;
      }),
    );
    expect(worst).toBeLessThan(0.2);
  });

  test("next() changes every price over time", () => {
    const seen = new Map<string, Set<number>>();
    for (const { symbol, last } of quotes(6, 3000))
      seen.set(symbol, (seen.get(symbol) ?? new Set()).add(last));
    for (const prices of seen.values()) expect(prices.size).toBeGreaterThan(5);
  });

  test("next() returns about 1 KB, of which at most a tenth is new", () => {
    const encoder = new FossilEncoder();
    const before = new Map<string, Uint8Array>();
    const sum = { count: 0, bytes: 0, deltaBytes: 0 };
    for (const quote of quotes(9, 3000)) {
      const text = new TextEncoder().encode(JSON.stringify(quote));
      const base = before.get(quote.symbol);
      before.set(quote.symbol, text);
      if (base === undefined) continue;
      sum.count++;
      sum.bytes += text.length;
      sum.deltaBytes += encoder.encode(base, text)?.length ?? text.length;
    }
    expect(sum.bytes / sum.count).toBeGreaterThan(850);
    expect(sum.bytes / sum.count).toBeLessThan(1100);
    expect(sum.deltaBytes / sum.bytes).toBeLessThan(0.1);
  });
});

test("LISTINGS has five symbols of each exchange, all distinct", () => {
  expect(new Set(LISTINGS.map(({ symbol }) => symbol)).size).toBe(LISTINGS.length);
  for (const exchange of EXCHANGES)
    expect(LISTINGS.filter((listing) => listing.exchange === exchange)).toHaveLength(5);
});
