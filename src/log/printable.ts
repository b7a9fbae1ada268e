// Escapes text from outside for output: it stays on one line and cannot control the terminal.

/** Characters that control a terminal or deceive a reader: controls (C0, DEL, C1), line separators, direction marks. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;
const OBEYED_BUT_LINE_FEED = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with each such character as a JSON escape. */
export function printable(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** The same for text of several lines, whose line feeds are kept. JSON keeps its meaning. */
export function printableLines(text: string): string {
  return text.replace(OBEYED_BUT_LINE_FEED, escaped);
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
