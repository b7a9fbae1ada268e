// What a request asks for: its path and its query, decoded in the order given. The query is a list and not a map: a
// signature covers every parameter, also one that comes twice. What is larger than anybody needs is not read at all.

/** Characters of path and query, as they came. The longest name of a channel, all of it escaped, takes 492. */
export const MAX_TARGET_LENGTH = 4096;
/** Parameters of a query: those of a signature, and the channels of an event that comes in the query. */
export const MAX_PARAMETERS = 128;
/** Parts of a path. The longest route has five. */
export const MAX_SEGMENTS = 8;

/** What a target may have too much of. */
export type Excess = "length" | "parameters" | "segments";

/** How that is said. */
export const EXCESSES: Readonly<Record<Excess, string>> = {
  length: `it has more than ${MAX_TARGET_LENGTH} characters`,
  parameters: `it has more than ${MAX_PARAMETERS} parameters`,
  segments: `it has more than ${MAX_SEGMENTS} parts`,
};

/** What the target has too much of to be read, or null. */
export function excessOf(path: string, query: string): Excess | null {
  if (path.length + query.length > MAX_TARGET_LENGTH) return "length";
  if (count(query, "&") >= MAX_PARAMETERS) return "parameters";
  return count(path, "/") > MAX_SEGMENTS ? "segments" : null;
}

function count(text: string, sign: string): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) found++;
  return found;
}

/** One parameter with its decoded name and value. */
export type QueryParameter = readonly [name: string, value: string];

/** Splits and decodes what stands behind the `?`. A malformed escape stays as it is. */
export function readQuery(query: string): readonly QueryParameter[] {
  if (query === "") return [];
  return query.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0
      ? [decode(pair), ""]
      : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
  });
}

/** The value of the first parameter with the name, or null. */
export function queryValue(parameters: readonly QueryParameter[], name: string): string | null {
  for (const [key, value] of parameters) if (key === name) return value;
  return null;
}

/** Text whose escapes are those of UTF-8, as the Unicode standard has it (table 3-7). */
const WELL_FORMED =
  /^(?:[^%]|%[0-7][\da-f]|%(?:c[2-9a-f]|d[\da-f])%[89ab][\da-f]|%(?:e0%[ab]|e[1-9abcef]%[89ab]|ed%[89])[\da-f]%[89ab][\da-f]|%(?:f0%[9ab]|f[123]%[89ab]|f4%8)[\da-f](?:%[89ab][\da-f]){2})*$/i;

/** Percent-decodes a text, or returns it unchanged when it is not well-formed. */
export function percentDecode(text: string): string {
  // An exception for each of many would cost more than all the rest of a request.
  return text.includes("%") && WELL_FORMED.test(text) ? decodeURIComponent(text) : text;
}

function decode(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}
