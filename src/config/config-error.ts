// An error in a configuration as data, and the one way to format it. The invariant: an error contains no secret,
// since values are redacted before they are reported.

/** One error. All errors of a configuration are reported together. */
export interface ConfigError {
  /** The path of the file, with `:LINE:COLUMN` where they are known, or "environment", or "command line". */
  readonly source: string;
  /** The key as its author wrote it: `apps[0].maxConections`, `FANWIRE_PORT` or `--port`. Empty for the whole source. */
  readonly key: string;
  /** The wrong value as it is shown: quoted, named by its type, or redacted. Absent when the key itself is wrong. */
  readonly value?: string;
  /** What is wrong, and what the value must be. */
  readonly problem: string;
  /** The known name that the author probably meant. */
  readonly nearest?: string;
}

/** One line for each error, without a final newline. */
export function formatConfigErrors(errors: readonly ConfigError[]): string {
  return errors.map(formatConfigError).join("\n");
}

function formatConfigError(error: ConfigError): string {
  const object = error.key === "" ? "the configuration" : error.key;
  const value = error.value === undefined ? "" : ` ${error.value}`;
  const nearest = error.nearest === undefined ? "" : `, did you mean ${error.nearest}`;
  return `${error.source}: Cannot use ${object}${value}: ${error.problem}${nearest}`;
}
