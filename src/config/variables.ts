// From environment variables to what is given for each option. Only variables named in a table are looked at,
// and an empty one counts as not set, since that is how a shell or a compose file leaves one out.

import type { IgnoredKey } from "./ignored-key.ts";
import { warnOfIgnored } from "./keys.ts";
import type { SourcePosition, Report } from "./source-position.ts";
import { givesValue, nameOf, type GivenValue, type GivenValues, type Option } from "./table.ts";

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment gives for each option: of an option's variables that begin with `prefix`, the first that is set and gives something. */
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

/** Warns of variables that are set and have no effect. */
export function warnOfIgnoredVariables(
  ignored: readonly IgnoredKey[],
  env: Environment,
  report: Report,
): void {
  for (const row of ignored)
    for (const name of row.env ?? [])
      if (isSet(env[name])) warnOfIgnored(row, env[name], positionOfVariable(name, report));
}

/** The place of a variable. */
export function positionOfVariable(name: string, report: Report): SourcePosition {
  return { source: "environment", key: name, report };
}

/** Whether a variable has a value. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
