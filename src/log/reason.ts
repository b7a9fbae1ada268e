// What an error says, for a line of the log or a sentence on the terminal.

/** The message of an error, or whatever else was thrown as text. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
