// From environment variables to what is given for each option. Only variables named in a table are looked at,
// and an empty one counts as not set, since that is how a shell or a compose file leaves one out.

import { warnOfInert } from "./keys.ts";
import type { Place, Report } from "./place.ts";
import { givesValue, nameOf, type Given, type Givens, type Inert, type Option } from "./table.ts";

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment gives for each option: of an option's variables that begin with `prefix`, the first that is set and gives something. */
export function givensOfEnvironment(
  options: readonly Option<unknown>[],
  env: Environment,
  { report, prefix = "" }: { readonly report: Report; readonly prefix?: string },
): Givens {
  const givens = new Map<string, Given>();
  for (const option of options) {
    const spelling = option.env.find((candidate) => {
      const value = env[nameOf(candidate)];
      if (!nameOf(candidate).startsWith(prefix) || !isSet(value)) return false;
      return givesValue(candidate, value);
    });
    if (spelling === undefined) continue;
    const name = nameOf(spelling);
    givens.set(option.path, { value: env[name], name, place: placeOfVariable(name, report) });
  }
  return givens;
}

/** Warns of variables that are set and have no effect. */
export function warnOfInertVariables(
  inert: readonly Inert[],
  env: Environment,
  report: Report,
): void {
  for (const row of inert)
    for (const name of row.env ?? [])
      if (isSet(env[name])) warnOfInert(row, env[name], placeOfVariable(name, report));
}

/** The place of a variable. */
export function placeOfVariable(name: string, report: Report): Place {
  return { source: "environment", key: name, report };
}

/** Whether a variable has a value. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
