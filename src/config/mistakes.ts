// What is wrong with a configuration, as data, and the one way it is put into words.
// Not the reading itself. No secret ever gets here: whoever reports a value redacts it first.

/** One thing that is wrong. All mistakes of a configuration are reported together. */
export interface Mistake {
  /** The file's path, with `:LINE` or `:LINE:COLUMN` where known, or "environment", or "command line". */
  readonly source: string;
  /** The key as its author wrote it, `apps[0].maxConections`, `FANWIRE_PORT` or `--port`; empty for the source as a whole. */
  readonly key: string;
  /** The offending value as it is shown: quoted, named by its type, or redacted. Absent when the key itself is at fault. */
  readonly value?: string;
  /** What it is and what it must be. */
  readonly problem: string;
  /** The known name that the author may have meant. */
  readonly nearest?: string;
}

/** One line a mistake, each complete in itself, without a final newline. */
export function formatMistakes(mistakes: readonly Mistake[]): string {
  return mistakes.map(formatMistake).join("\n");
}

function formatMistake(mistake: Mistake): string {
  const object = mistake.key === "" ? "the configuration" : mistake.key;
  const value = mistake.value === undefined ? "" : ` ${mistake.value}`;
  const nearest = mistake.nearest === undefined ? "" : `, did you mean ${mistake.nearest}`;
  return `${mistake.source}: Cannot use ${object}${value}: ${mistake.problem}${nearest}`;
}
