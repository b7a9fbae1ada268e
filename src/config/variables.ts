// Finds the values that environment variables give for each option. An empty variable counts as not set, since that is
// how shells and compose files leave one out.

import type { IgnoredKey } from "./ignored-key.ts";
import { warnOfIgnored } from "./keys.ts";
import type { SourcePosition, Report } from "./source-position.ts";
import { givesValue, nameOf, type GivenValue, type GivenValues, type Option } from "./table.ts";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value for each option: that of its first variable that begins with `prefix` and has a value that sets the option. */
export function givenInEnvironment(
  options: readonly Option<unknown>[],
  env: Environment,
  { report, prefix = "" }: { readonly report: Report; readonly prefix?: string },
): GivenValues {
  const givenValues = new Map<string, GivenValue>();
  for (const option of options) {
    const spelling = option.env.find((candidate) => {
      const value = env[nameOf(candidate)];
      if (!nameOf(candidate).startsWith(prefix) || !isSet(value)) return false;
      return givesValue(candidate, value);
    });
    if (spelling === undefined) continue;
    const name = nameOf(spelling);
    givenValues.set(option.path, {
      value: env[name],
      name,
      position: positionOfVariable(name, report),
    });
  }
  return givenValues;
}

/** Warns of variables that ask for something and have no effect. */
export function warnOfIgnoredVariables(
  ignored: readonly IgnoredKey[],
  env: Environment,
  report: Report,
): void {
  for (const row of ignored)
    for (const name of row.env ?? [])
      if (isSet(env[name])) warnOfIgnored(row, env[name], positionOfVariable(name, report));
}

/** The position of a variable. */
export function positionOfVariable(name: string, report: Report): SourcePosition {
  return { source: "environment", key: name, report };
}

/** Whether a variable has a value. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
