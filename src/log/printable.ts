// Text of strangers as it may be shown: on one line, and with nothing in it that a terminal obeys.

/** What a terminal or a reader may obey: controls (C0, DEL, C1), line separators, marks that turn the direction of writing. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;
const OBEYED_BUT_LINE_FEED = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with an escape, as JSON has them, for each character that would be obeyed. */
export function printable(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** The same for a text of several lines, which stay lines. JSON stays the same JSON. */
export function printableLines(text: string): string {
  return text.replace(OBEYED_BUT_LINE_FEED, escaped);
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
