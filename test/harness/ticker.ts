// A feed as dashboards have it: quotes of a few shares in turn and a trade now and then, each much
// like the last one of its share. The same numbers give the same feed.
import type { Publishing } from "./api.ts";

const SHARES = [
  ["ACME", "Acme Rocket Skates", "XNAS"],
  ["GLBX", "Globex Corporation", "XNYS"],
  ["INIT", "Initech Überseehandel", "XFRA"],
  ["HOOL", "Hooli 🦊 Networks", "XNAS"],
  ["UMBR", "Umbrella Pharmaceuticals", "XLON"],
] as const;
const LEVEL_COUNT = 5;
const TRADE_EVERY = 29;

/** The symbols of the feed. */
export const SYMBOLS: readonly string[] = SHARES.map(([symbol]) => symbol);

/** So many events of the channel, the first of which has the number `from`. Their data is about 500 bytes of JSON. */
export function ticker(channel: string, count: number, from = 0): readonly Publishing[] {
  return Array.from({ length: count }, (_, index) => event(channel, from + index));
}

/** The same event of a hundred bytes and more, again and again, but for a number. */
export function notes(channel: string, count: number): readonly Publishing[] {
  const note = "What does not change is not sent again. ".repeat(6);
  return Array.from({ length: count }, (_, number) => ({
    name: "note",
    channel,
    data: JSON.stringify({ note, number }),
  }));
}

function event(channel: string, number: number): Publishing {
  const share = SHARES[number % SHARES.length] ?? SHARES[0];
  const [symbol, company, exchange] = share;
  const round = Math.floor(number / SHARES.length);
  const cents = 10_000 + ((Math.floor(round / 3) * 7919) % 40);
  const isTrade = number % TRADE_EVERY === TRADE_EVERY - 1;
  const content = isTrade
    ? { symbol, company, exchange, currency: "EUR", number, price: cents / 100, size: round * 10 }
    : {
        symbol,
        company,
        exchange,
        currency: "EUR",
        previousClose: 99.5,
        bids: levels(cents, -1, round),
        asks: levels(cents, 1, round),
        last: cents / 100,
        volume: round * 137,
        number,
      };
  return { name: isTrade ? "trade" : "quote", channel, data: JSON.stringify(content) };
}

/** One of them is another than in the round before. */
function levels(cents: number, step: number, round: number): readonly object[] {
  return Array.from({ length: LEVEL_COUNT }, (_, index) => ({
    price: (cents + step * (index + 1)) / 100,
    size: 100 + 10 * Math.floor((round + index) / LEVEL_COUNT),
    orders: 1 + index,
  }));
}
