// The shares of the simulated market: fictitious companies on real exchanges.

/** The exchanges, in the order of the page. */
export const EXCHANGES = ["NYSE", "NASDAQ", "LSE", "XETRA"] as const;

/** An exchange. */
export type Exchange = (typeof EXCHANGES)[number];

/** A share on an exchange. */
export interface Listing {
  readonly symbol: string;
  readonly name: string;
  readonly exchange: Exchange;
  readonly sector: string;
  /** Its initial price in the currency of its exchange. */
  readonly price: number;
  /** How often it is traded, relative to the others. */
  readonly activity: number;
}

/** The properties that all shares of an exchange have in common. */
export interface Venue {
  /** Its market identifier code (ISO 10383). */
  readonly mic: string;
  readonly currency: string;
  /** The lot size. Sizes are multiples of it. */
  readonly lotSize: number;
}

/** The venues by exchange. */
export const VENUES: Readonly<Record<Exchange, Venue>> = {
  NYSE: { mic: "XNYS", currency: "USD", lotSize: 100 },
  NASDAQ: { mic: "XNAS", currency: "USD", lotSize: 100 },
  LSE: { mic: "XLON", currency: "GBP", lotSize: 50 },
  XETRA: { mic: "XETR", currency: "EUR", lotSize: 10 },
};

/** Five shares for each exchange, in the order of the page. Symbols are distinct. */
export const LISTINGS: readonly Listing[] = [
  listing("NYSE", "ARDN", "Arden Rail", "Transportation", 184.25, 3),
  listing("NYSE", "CSTL", "Castellan Steel", "Materials", 41.86, 1),
  listing("NYSE", "HLYD", "Holyoke Dynamics", "Industrials", 312.4, 2),
  listing("NYSE", "MRDN", "Meridian Grain", "Consumer staples", 67.15, 1),
  listing("NYSE", "PLSD", "Palisade Bancorp", "Financials", 96.72, 2),
  listing("NASDAQ", "BRSK", "Brisk Robotics", "Technology", 228.94, 3),
  listing("NASDAQ", "FLUX", "Fluxline Semiconductor", "Technology", 141.37, 3),
  listing("NASDAQ", "LUMN", "Luminary Software", "Technology", 402.18, 2),
  listing("NASDAQ", "ORCD", "Orchard Genomics", "Health care", 58.63, 1),
  listing("NASDAQ", "TIDE", "Tidewater Cloud", "Technology", 176.05, 2),
  listing("LSE", "ALBN", "Albion Water", "Utilities", 12.46, 1),
  listing("LSE", "CRWN", "Crown Lane Media", "Communication", 27.93, 1),
  listing("LSE", "KSTR", "Kestrel Aerospace", "Industrials", 88.34, 2),
  listing("LSE", "NRTH", "Northgate Mining", "Materials", 34.57, 2),
  listing("LSE", "THMS", "Thamesmead Capital", "Financials", 51.08, 1),
  listing("XETRA", "BGWK", "Bergwerk Maschinen", "Industrials", 73.92, 1),
  listing("XETRA", "ELBE", "Elbe Logistik", "Transportation", 45.31, 1),
  listing("XETRA", "HNSA", "Hansa Chemie", "Materials", 119.76, 2),
  listing("XETRA", "RHNE", "Rheinland Energie", "Utilities", 31.64, 1),
  listing("XETRA", "SOLN", "Solingen Optik", "Health care", 204.88, 2),
];

function listing(
  exchange: Exchange,
  symbol: string,
  ...[name, sector, price, activity]: readonly [string, string, number, number]
): Listing {
  return { symbol, name, exchange, sector, price, activity };
}
