// The terminal of a command as an argument, so that commands can be tested and do not depend on the process.
import { printable } from "../log/printable.ts";

/** The parts of the standard streams and the environment that commands use. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output supports escape codes for colours. */
  readonly colour: boolean;
  /** Reads all of standard input. Null when it is longer than `maxBytes`. */
  readInput(maxBytes: number): Promise<Uint8Array | null>;
  write(text: string): void;
  writeError(text: string): void;
}

/** Styles and colours of the terminal's palette that are readable on light and dark backgrounds. */
export type Colour = "bold" | "dim" | "cyan" | "green" | "yellow";

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  cyan: [36, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** The text in a colour, or unchanged if the terminal has no colours. */
export function paint(terminal: Pick<Terminal, "colour">, colour: Colour, text: string): string {
  if (!terminal.colour) return text;
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Writes one sentence to standard error, escaped, since it may contain text from outside. Returns the exit code. */
export function complain(
  terminal: Pick<Terminal, "writeError">,
  sentence: string,
  code: number,
): number {
  terminal.writeError(`${printable(sentence)}\n`);
  return code;
}
