// The target of a request: its path and its query, decoded in the order given. The query is a list
// rather than a map, because a signature covers every parameter, including one that occurs twice. A
// target that is larger than any legitimate one is not parsed at all.

/**
 * The maximum number of characters in path and query, as received. The longest channel name, fully escaped, takes
 * 492.
 */
export const MAX_TARGET_LENGTH = 4096;
/**
 * The maximum number of query parameters. Enough for those of a signature and for the channels of an event in the
 * query.
 */
export const MAX_PARAMETERS = 128;
/** The maximum number of path segments. The longest route has five. */
export const MAX_SEGMENTS = 8;

/** What a target may have too much of. */
export type Excess = "length" | "parameters" | "segments";

/** The wording of each excess in error messages. */
export const EXCESSES: Readonly<Record<Excess, string>> = {
  length: `it has more than ${MAX_TARGET_LENGTH} characters`,
  parameters: `it has more than ${MAX_PARAMETERS} parameters`,
  segments: `it has more than ${MAX_SEGMENTS} parts`,
};

/** What the target has too much of, or null. */
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

/** A parameter, with its name and value decoded. */
export type QueryParameter = readonly [name: string, value: string];

/** Splits and decodes the part after the `?`. A malformed escape is left unchanged. */
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

/** Matches a text whose escapes form valid UTF-8, according to table 3-7 of the Unicode standard. */
const WELL_FORMED =
  /^(?:[^%]|%[0-7][\da-f]|%(?:c[2-9a-f]|d[\da-f])%[89ab][\da-f]|%(?:e0%[ab]|e[1-9abcef]%[89ab]|ed%[89])[\da-f]%[89ab][\da-f]|%(?:f0%[9ab]|f[123]%[89ab]|f4%8)[\da-f](?:%[89ab][\da-f]){2})*$/i;

/** Percent-decodes a text, or returns it unchanged if it is not well-formed. */
export function percentDecode(text: string): string {
  // Checked beforehand, because an exception for each of many malformed parts would cost more than the rest
  // of the request.
  return text.includes("%") && WELL_FORMED.test(text) ? decodeURIComponent(text) : text;
}

function decode(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}
