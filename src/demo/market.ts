// A simulated market: shares with random prices and order books. It is deterministic: the same seed and the same times
// give the same quotes.
import { Book, type Level } from "./book.ts";
import { type Exchange, type Listing, LISTINGS, VENUES } from "./listings.ts";
import { around, between, type Random, seededRandom } from "./random.ts";

/** A published price level. */
export interface QuoteLevel {
  readonly price: number;
  readonly size: number;
  readonly orders: number;
}

/** The state of one share, about 1 KB of JSON. Constant members come first, as in real feeds. */
export interface Quote {
  readonly symbol: string;
  readonly name: string;
  readonly exchange: Exchange;
  readonly mic: string;
  readonly currency: string;
  readonly sector: string;
  readonly phase: string;
  readonly lotSize: number;
  readonly previousClose: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly last: number;
  readonly lastSize: number;
  readonly trades: number;
  readonly volume: number;
  /** From the best price to the worst. */
  readonly bids: readonly QuoteLevel[];
  readonly asks: readonly QuoteLevel[];
}

/** The number of price levels on each side of a quote. */
export const LEVEL_COUNT = 8;

/** Pulls prices back to their initial level, so that they stay plausible for days. */
const PULL = 0.002;
const INERTIA = 0.9;
const CENTS_PER_MOVE = 0.25;
const MAX_STEPS = 2;
const TRADE_CHANCE = 0.25;
const SECOND_STIR_CHANCE = 0.2;

interface Share {
  readonly listing: Listing;
  readonly book: Book;
  readonly anchorCents: number;
  readonly openCents: number;
  readonly previousCloseCents: number;
  /** The price before it is rounded to cents, and its momentum. */
  fairCents: number;
  drift: number;
  highCents: number;
  lowCents: number;
  lastCents: number;
  lastSize: number;
  trades: number;
  volume: number;
}

/** A simulated market. */
export class Market {
  readonly #random: Random;
  /** Each share, repeated according to its activity. */
  readonly #turns: readonly Share[];

  /** `seed` is any integer. */
  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#random = random;
    this.#turns = LISTINGS.flatMap((listing) => {
      const share = newShare(listing, random);
      return Array.from({ length: listing.activity }, () => share);
    });
  }

  /** Changes one share and returns its new quote. */
  next(nowMs: number): Quote {
    const share = this.#turns[between(this.#random, 0, this.#turns.length - 1)];
    if (share === undefined)
      throw new Error("Cannot quote a share: no share is listed, there must be one");
    move(share, this.#random);
    return quoteOf(share, nowMs);
  }
}

function newShare(listing: Listing, random: Random): Share {
  const anchorCents = Math.round(listing.price * 100);
  const previousCloseCents = Math.round(anchorCents * (1 + around(random) / 50));
  const openCents = Math.round((anchorCents + previousCloseCents) / 2);
  const trades = between(random, 20_000, 90_000) * listing.activity;
  return {
    listing,
    book: new Book(
      {
        middleCents: anchorCents,
        lotSize: VENUES[listing.exchange].lotSize,
        levelCount: LEVEL_COUNT,
      },
      random,
    ),
    anchorCents,
    openCents,
    previousCloseCents,
    fairCents: anchorCents,
    drift: 0,
    highCents: Math.max(anchorCents, openCents) + between(random, 20, 90),
    lowCents: Math.min(anchorCents, openCents) - between(random, 20, 90),
    lastCents: anchorCents,
    lastSize: 100,
    trades,
    volume: trades * between(random, 80, 240),
  };
}

function move(share: Share, random: Random): void {
  share.drift = share.drift * INERTIA + around(random) * CENTS_PER_MOVE;
  share.fairCents += share.drift + (share.anchorCents - share.fairCents) * PULL;
  const steps = stepBook(share);
  share.book.stir();
  if (random() < SECOND_STIR_CHANCE) share.book.stir();
  if (steps !== 0) trade(share, random, steps > 0);
  else if (random() < TRADE_CHANCE) trade(share, random, random() < 0.5);
}

/** Moves the book towards the fair price. Returns the number of cents that it has moved. */
function stepBook({ book, fairCents }: Share): number {
  const missing = Math.trunc(fairCents - (book.askCents + book.bidCents) / 2);
  const steps = Math.max(-MAX_STEPS, Math.min(MAX_STEPS, missing));
  for (let step = 0; step < steps; step++) book.rise();
  for (let step = 0; step > steps; step--) book.fall();
  return steps;
}

function trade(share: Share, random: Random, isBuy: boolean): void {
  share.lastCents = isBuy ? share.book.askCents : share.book.bidCents;
  share.lastSize = between(random, 1, 12) * VENUES[share.listing.exchange].lotSize;
  share.trades++;
  share.volume += share.lastSize;
  share.highCents = Math.max(share.highCents, share.lastCents);
  share.lowCents = Math.min(share.lowCents, share.lastCents);
}

function quoteOf(share: Share, nowMs: number): Quote {
  const { listing, book } = share;
  const { symbol, name, exchange, sector } = listing;
  const { mic, currency, lotSize } = VENUES[exchange];
  return {
    symbol,
    name,
    exchange,
    mic,
    currency,
    sector,
    phase: "continuous trading",
    lotSize,
    previousClose: share.previousCloseCents / 100,
    open: share.openCents / 100,
    high: share.highCents / 100,
    low: share.lowCents / 100,
    time: nowMs,
    last: share.lastCents / 100,
    lastSize: share.lastSize,
    trades: share.trades,
    volume: share.volume,
    bids: book.bids.map(publicLevel),
    asks: book.asks.map(publicLevel),
  };
}

function publicLevel({ priceCents, size, orders }: Level): QuoteLevel {
  return { price: priceCents / 100, size, orders };
}
