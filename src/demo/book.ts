// The order book of one share, with the same number of price levels on each side. Prices are whole cents. The invariant:
// the best ask is above the best bid.
import { between, type Random } from "./random.ts";

/** The orders at one price. */
export interface Level {
  readonly priceCents: number;
  readonly size: number;
  readonly orders: number;
}

/** The parameters of a book. */
export interface BookSettings {
  readonly middleCents: number;
  readonly lotSize: number;
  /** The number of price levels on each side. */
  readonly levelCount: number;
}

/** An order book. */
export class Book {
  readonly #lotSize: number;
  readonly #random: Random;
  /** Both sides are ordered from the best price to the worst. */
  readonly #bids: Level[];
  readonly #asks: Level[];

  constructor({ middleCents, lotSize, levelCount }: BookSettings, random: Random) {
    this.#lotSize = lotSize;
    this.#random = random;
    const side = (sign: number): Level[] =>
      Array.from({ length: levelCount }, (_, index) => this.#level(middleCents + sign * index));
    this.#bids = side(-1).map((level) => ({ ...level, priceCents: level.priceCents - 1 }));
    this.#asks = side(1);
  }

  /** The bids, from the highest price to the lowest. */
  get bids(): readonly Level[] {
    return this.#bids;
  }

  /** The asks, from the lowest price to the highest. */
  get asks(): readonly Level[] {
    return this.#asks;
  }

  /** The price of the best ask. */
  get askCents(): number {
    return this.#asks[0]?.priceCents ?? 0;
  }

  /** The price of the best bid. */
  get bidCents(): number {
    return this.#bids[0]?.priceCents ?? 0;
  }

  /** Moves all prices up by one cent: the best ask is bought, and a new bid takes its place. */
  rise(): void {
    step(this.#asks, this.#bids, (cents) => this.#level(cents), 1);
  }

  /** Moves all prices down by one cent. */
  fall(): void {
    step(this.#bids, this.#asks, (cents) => this.#level(cents), -1);
  }

  /** Changes the orders at one price, usually near the best. */
  stir(): void {
    const side = this.#random() < 0.5 ? this.#bids : this.#asks;
    const index = Math.floor(this.#random() ** 2 * side.length);
    const level = side[index];
    if (level !== undefined) side[index] = this.#level(level.priceCents);
  }

  #level(priceCents: number): Level {
    const orders = between(this.#random, 1, 9);
    const lots = orders + between(this.#random, 0, orders * 4);
    return { priceCents, size: lots * this.#lotSize, orders };
  }
}

/** Removes the best level of one side and moves both sides by one cent. */
function step(
  taken: Level[],
  following: Level[],
  levelAt: (priceCents: number) => Level,
  cents: number,
): void {
  const best = taken.shift();
  const last = taken.at(-1);
  if (best === undefined || last === undefined) return;
  taken.push(levelAt(last.priceCents + cents));
  following.unshift(levelAt(best.priceCents));
  following.pop();
}
