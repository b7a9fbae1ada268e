// Refuses `${NAME}` and `${NAME:-default}` in a file. Sockudo replaces them with variables; Fanwire does not, and a
// secret with a literal `${SECRET}` as its value would be known to everybody.

import { element, isGroup, member, refuse, type SourcePosition } from "./source-position.ts";

const PLACEHOLDER = /\$\{[A-Za-z_]\w*(:-[^}]*)?\}/;

/** Reports every text in `value` that contains a placeholder. The text is not shown. */
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
