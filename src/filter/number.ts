// Texts as numbers, for gt, gte, lt and lte. The grammar is that of Rust's `f64::from_str`, since
// the filters' reference server compares that way, and not that of `Number()`, which reads "" and
// " " as 0, trims blanks and knows hexadecimal.

/**
 * The number a text spells, NaN when it spells none.
 *
 * Accepted: an optional sign, then decimal digits with an optional point and exponent (`5`, `.5`,
 * `5.`, `-1e3`), or `inf`, `infinity` in any case. `nan` needs no case of its own, nor does failure
 * need another result than NaN: every comparison with it is false, which is what both must give.
 */
export function readNumber(text: string): number {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (isLetter(last)) return readInfinity(text, first);
  // Blanks at either end would be trimmed by `Number()`, a blank inside makes it NaN. An empty
  // text has no ends: its units are NaN.
  if (!isEdge(first) || !isEdge(last)) return NaN;
  // `0x`, `0o` and `0b`: with a sign before them `Number()` refuses them itself.
  if (first === DIGIT_0 && isRadix(text.charCodeAt(1))) return NaN;
  // What is left is read alike: both take the same decimals and both round to nearest.
  return Number(text);
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Turns an ASCII capital into its small letter. */
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
  // Hexadecimal ends in a letter as often as not, and words do: only a text that can be an
  // infinity is looked at closer.
  const start = first === PLUS || first === MINUS ? 1 : 0;
  if (!isWord(text, start, "inf") && !isWord(text, start, "infinity")) return NaN;
  return first === MINUS ? -Infinity : Infinity;
}

/** Whether the text from `start` on is the small-letter word, in any case. Compares in place: slicing would allocate. */
function isWord(text: string, start: number, word: string): boolean {
  if (text.length - start !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    if ((text.charCodeAt(start + at) | LOWER) !== word.charCodeAt(at)) return false;
  }
  return true;
}
