// The orders that wait on both sides of one share: so many price levels to buy below, and as many
// to sell above. Prices are whole cents. The best price to sell is always above the best to buy.
import { between, type Random } from "./random.ts";

/** What waits at one price. */
export interface Level {
  readonly priceCents: number;
  readonly size: number;
  readonly orders: number;
}

/** How a book is made. */
export interface BookSettings {
  readonly middleCents: number;
  readonly lotSize: number;
  /** On each side. */
  readonly levelCount: number;
}

/** See the file's head. */
export class Book {
  readonly #lotSize: number;
  readonly #random: Random;
  /** The best first, on both sides. */
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

  /** Orders to buy, the highest price first. */
  get bids(): readonly Level[] {
    return this.#bids;
  }

  /** Orders to sell, the lowest price first. */
  get asks(): readonly Level[] {
    return this.#asks;
  }

  /** The lowest price to sell at. */
  get askCents(): number {
    return this.#asks[0]?.priceCents ?? 0;
  }

  /** The highest price to buy at. */
  get bidCents(): number {
    return this.#bids[0]?.priceCents ?? 0;
  }

  /** All prices go up by one cent: the best level to sell is bought, and buyers follow. */
  rise(): void {
    step(this.#asks, this.#bids, (cents) => this.#level(cents), 1);
  }

  /** All prices go down by one cent. */
  fall(): void {
    step(this.#bids, this.#asks, (cents) => this.#level(cents), -1);
  }

  /** Somebody comes or goes at some price, most often near the best. */
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

/** Takes the best level of one side, and moves both sides by a cent. */
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
