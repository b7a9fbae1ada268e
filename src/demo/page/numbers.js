// Formats the numbers of the page: in one language, with few digits, and with a constant width.

const PRICE = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat("en", {
  notation: "compact",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
/** A narrow no-break space between a number and its unit. */
const GAP = "\u202f";
const MINUS = "\u2212";
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"];

/** `184.25` */
export function price(value) {
  return PRICE.format(value);
}

/** `12,345` */
export function whole(value) {
  return WHOLE.format(value);
}

/** `8.20M` */
export function compact(value) {
  return COMPACT.format(value);
}

/** `+1.24 %`. The sign is always shown, since not everybody can see the colour. */
export function change(ratio) {
  const digits = Math.abs(ratio * 100).toFixed(2);
  const sign = digits === "0.00" ? "" : ratio < 0 ? MINUS : "+";
  return `${sign}${digits}${GAP}%`;
}

/** `93`, rounded down and never negative. */
export function percent(ratio) {
  return String(Math.max(0, Math.floor(ratio * 100)));
}

/** `812 B`, `1.25 KB`, `62.1 KB`, `14.2 MB`: three digits, with decimal units. */
export function bytes(count) {
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}${GAP}${BYTE_UNITS[unit]}`;
}
