// What is wrong with a filter or with tags, in one sentence for the person who wrote them.
// No code or close number here: the caller decides how its protocol reports it.
// Text that came from outside is quoted and cut, so a message stays short whatever was sent.

/** A value that was refused. `message` is one sentence: which member, what it is, what it must be. */
export interface Mistake {
  readonly kind: "mistake";
  readonly message: string;
  /** True where it is well-formed and only larger than is allowed. */
  readonly tooLarge?: true;
}

/** Characters of a foreign text that a message repeats. */
const MAX_QUOTED_LENGTH = 40;

/** Makes the sentence. `path` names the member (`filter.nodes[1].cmp`), `is` and `must` complete "it is" and "it must be". */
export function mistake(path: string, is: string, must: string): Mistake {
  return { kind: "mistake", message: `Cannot read "${path}": it is ${is}, it must be ${must}` };
}

/** Makes the sentence about something that is larger than is allowed. */
export function tooLarge(path: string, is: string, must: string): Mistake {
  return { ...mistake(path, is, must), tooLarge: true };
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

/** A text from outside, escaped as in JSON and cut to 40 characters. */
export function excerpt(text: string): string {
  const start = text.slice(0, MAX_QUOTED_LENGTH);
  const end = start.length < text.length ? "…" : "";
  return JSON.stringify(start).slice(1, -1) + end;
}
