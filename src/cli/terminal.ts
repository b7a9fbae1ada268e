// What a command of the command line writes to: given in, so that a command can be tested and
// knows nothing of the process.

/** The standard streams and the environment, as far as commands need them. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether escape codes for colour make sense on standard output. */
  readonly colour: boolean;
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
export function paint(terminal: Terminal, colour: Colour, text: string): string {
  if (!terminal.colour) return text;
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
