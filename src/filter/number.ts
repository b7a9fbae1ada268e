// Reads text as a number, for gt, gte, lt and lte. The grammar is that of Rust's `f64::from_str`, which
// Sockudo uses for these filters. `Number()` is not the same: it reads "" and " " as 0, trims blanks
// and accepts hexadecimal.

/**
 * The number that a text spells; NaN when it spells none.
 *
 * Accepted: an optional sign, then decimal digits with an optional point and exponent (`5`, `.5`,
 * `5.`, `-1e3`), or `inf` or `infinity` in any case. Text that is not a number and the text `nan` both
 * give NaN, and every comparison with NaN is false, as it has to be.
 */
export function readNumber(text: string): number {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (isLetter(last)) return readInfinity(text, first);
  // `Number()` would trim blanks at either end; a blank inside already makes it NaN. For an empty
  // text the code units are NaN and fail this check too.
  if (!isEdge(first) || !isEdge(last)) return NaN;
  // Excludes `0x`, `0o` and `0b`. With a sign before them, `Number()` itself refuses them.
  if (first === DIGIT_0 && isRadix(text.charCodeAt(1))) return NaN;
  // For all other texts the two grammars agree: same decimals, rounding to nearest.
  return Number(text);
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
/** This bit turns an ASCII capital into its lower-case letter. */
const LOWER = 0x20;

function isEdge(unit: number): boolean {
  return (unit >= DIGIT_0 && unit <= DIGIT_9) || unit === PLUS || unit === MINUS || unit === POINT;
}

function isLetter(unit: number): boolean {
  return (unit | LOWER) >= 0x61 && (unit | LOWER) <= 0x7a;
}

function isRadix(unit: number): boolean {
  const letter = unit | LOWER;
  return letter === 0x78 || letter === 0x6f || letter === 0x62;
}

function readInfinity(text: string, first: number): number {
  // Every text that ends in a letter comes here, ordinary words too; their length alone rejects most.
  const start = first === PLUS || first === MINUS ? 1 : 0;
  if (!isWord(text, start, "inf") && !isWord(text, start, "infinity")) return NaN;
  return first === MINUS ? -Infinity : Infinity;
}

/** Whether the text from `start` on equals the lower-case word, ignoring case. Compares in place, because slicing would allocate. */
function isWord(text: string, start: number, word: string): boolean {
  if (text.length - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    if ((text.charCodeAt(start + at) | LOWER) !== word.charCodeAt(at)) return false;
  }
  return true;
}
