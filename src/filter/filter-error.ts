// Says what is wrong with a filter or with tags, in one sentence for the person who wrote them. Error
// codes are added by the caller, which knows the protocol. Text from outside is quoted and truncated,
// so that messages stay short.

/** Why a value was refused. `message` is one sentence: which member, what it is, what it must be. */
export interface FilterError {
  readonly kind: "error";
  readonly message: string;
  /** Whether the value is well-formed and only exceeds a limit. */
  readonly tooLarge?: true;
}

/** How many characters of a text from outside a message repeats. */
const MAX_QUOTED_LENGTH = 40;

/** Makes the sentence. `path` names the member (`filter.nodes[1].cmp`), `is` and `must` complete "it is" and "it must be". */
export function filterError(path: string, is: string, must: string): FilterError {
  return { kind: "error", message: `Cannot read "${path}": it is ${is}, it must be ${must}` };
}

/** Makes the sentence for a value that exceeds a limit. */
export function tooLarge(path: string, is: string, must: string): FilterError {
  return { ...filterError(path, is, must), tooLarge: true };
}

/** Names a JSON value for the "it is" half: `missing`, `null`, `an array`, `the number 5`, `"text"`. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (typeof value === "string") return `"${excerpt(value)}"`;
  if (typeof value === "number" || typeof value === "boolean") {
    return `the ${typeof value} ${value}`;
  }
  return Array.isArray(value) ? "an array" : "an object";
}

/** A text from outside, escaped as JSON and truncated to 40 characters. */
export function excerpt(text: string): string {
  const start = text.slice(0, MAX_QUOTED_LENGTH);
  const end = start.length < text.length ? "…" : "";
  return JSON.stringify(start).slice(1, -1) + end;
}
