// Reading JSON that the server or a client sent, with its type checked.

/** Whether the value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object whose JSON the text is. @throws when it is none. */
export function parseObject(text: unknown): Readonly<Record<string, unknown>> {
  const value: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
  if (!isObject(value)) throw new Error(`Cannot read ${String(text)}: it must be a JSON object`);
  return value;
}
