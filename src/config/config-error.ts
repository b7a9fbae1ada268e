// What is wrong with a configuration, as data, and the one way it is put into words.
// Not the reading itself. No secret ever gets here: whoever reports a value redacts it first.

/** One thing that is wrong. All errors of a configuration are reported together. */
export interface ConfigError {
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

/** One line a error, each complete in itself, without a final newline. */
export function formatConfigErrors(errors: readonly ConfigError[]): string {
  return errors.map(formatConfigError).join("\n");
}

function formatConfigError(error: ConfigError): string {
  const object = error.key === "" ? "the configuration" : error.key;
  const value = error.value === undefined ? "" : ` ${error.value}`;
  const nearest = error.nearest === undefined ? "" : `, did you mean ${error.nearest}`;
  return `${error.source}: Cannot use ${object}${value}: ${error.problem}${nearest}`;
}
