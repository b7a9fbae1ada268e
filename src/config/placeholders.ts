// `${NAME}` and `${NAME:-default}`, which Sockudo replaces by variables in a file before it reads it. Here nothing is:
// taken as it is, such a secret would be one that everybody knows.

import { element, isGroup, member, refuse, type SourcePosition } from "./source-position.ts";

const PLACEHOLDER = /\$\{[A-Za-z_]\w*(:-[^}]*)?\}/;

/** Reports every text of a file in which a variable is named. Its value is not shown. */
export function refusePlaceholders(value: unknown, position: SourcePosition): void {
  if (typeof value === "string" && PLACEHOLDER.test(value))
    refuse(position, {
      problem:
        "variables are not replaced in a file, write the value or set the variable of the option",
    });
  if (Array.isArray(value))
    for (const [index, each] of value.entries()) refusePlaceholders(each, element(position, index));
  if (isGroup(value))
    for (const [key, each] of Object.entries(value))
      refusePlaceholders(each, member(position, key));
}
