// Subjects of NATS for topics, which may be any text. A topic becomes one token behind the prefix, so that an operator
// can allow or export `PREFIX.>`, and no two topics or prefixes become the same subject.

const DOTTED = /^[\w:@,;=#+/-]+(\.[\w:@,;=#+/-]+)*$/;

/** What has a meaning in a subject, or in the protocol's lines, or is not ASCII. `$` begins the server's own subjects. */
const UNSAFE = /[^\w:@,;=#+/|{}()[\]!&~^'"`?<\\-]+/g;

const encoder = new TextEncoder();

/** The part of all subjects of a prefix that comes before the topic's token. */
export function subjectPrefix(prefix: string): string {
  if (prefix === "") return "";
  return `${DOTTED.test(prefix) ? prefix : token(prefix)}.`;
}

/** The text as one token of a subject. */
export function token(text: string): string {
  // A token cannot be empty. No other text becomes a percent sign alone.
  return text === "" ? "%" : text.replace(UNSAFE, escaped);
}

function escaped(text: string): string {
  let result = "";
  for (const byte of encoder.encode(text))
    result += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return result;
}
