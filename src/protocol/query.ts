// Query strings, decoded in the order given. A list and not a map: a signature covers every
// parameter, also one that comes twice.

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

/** Percent-decodes a text, or returns it unchanged when it is not well-formed. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decode(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}
