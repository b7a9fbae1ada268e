// What a command of the command line writes to: given in, so that a command can be tested and
// knows nothing of the process.
import { printable } from "../log/printable.ts";

/** The standard streams and the environment, as far as commands need them. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether escape codes for colour make sense on standard output. */
  readonly colour: boolean;
  /** All that comes on standard input, or null when it is more than `maxBytes`. */
  readInput(maxBytes: number): Promise<Uint8Array | null>;
  write(text: string): void;
  writeError(text: string): void;
}

/** Colours of the terminal's own palette, readable on light and dark. */
export type Colour = "bold" | "dim" | "cyan" | "green" | "yellow";

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  cyan: [36, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** The text in a colour, or as it is where there are none. */
export function paint(terminal: Pick<Terminal, "colour">, colour: Colour, text: string): string {
  if (!terminal.colour) return text;
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Says one sentence on standard error. It may quote anybody: it stays one line, which no terminal obeys. Returns the exit code. */
export function complain(
  terminal: Pick<Terminal, "writeError">,
  sentence: string,
  code: number,
): number {
  terminal.writeError(`${printable(sentence)}\n`);
  return code;
}
