// Finds the first error of a JSON text and its position. JSON.parse gives no position, quotes the text with its
// secrets in the message, and silently accepts duplicate keys. Values are left to JSON.parse.

/** Why a text is not JSON, and the index of the first character that is wrong. */
export interface JsonFault {
  readonly offset: number;
  readonly problem: string;
}

type State = "value" | "first value" | "key" | "first key" | "colon" | "after value";

const EXPECTED: Readonly<Record<State, string>> = {
  value: "a value",
  "first value": 'a value or "]"',
  key: "a key in double quotes",
  "first key": 'a key in double quotes or "}"',
  colon: '":"',
  "after value": '"," or the end of the object or list',
};

const SPACE = /[ \t\r\n]*/y;
const MARK = /[{}[\]:,]/y;
// oxlint-disable-next-line no-control-regex -- RFC 8259 bans control characters in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ATOM = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The first fault of a JSON text. A duplicate key is a fault. Undefined when there is none. */
export function jsonFault(text: string): JsonFault | undefined {
  // The objects and lists that contain the offset, innermost last. An object is the set of its keys so far, a list is undefined.
  const around: (Set<string> | undefined)[] = [];
  let state: State = "value";
  let offset = 0;

  for (;;) {
    take(SPACE);
    if (state === "after value" && around.length === 0) return end();
    const start = offset;
    const next = step();
    if (next === undefined) return { offset: start, problem: `expected ${EXPECTED[state]}` };
    if (next === "repeated") return { offset: start, problem: "this key is given twice" };
    state = next;
  }

  function step(): State | "repeated" | undefined {
    switch (state) {
      case "key":
      case "first key": {
        const key = take(STRING);
        if (key !== undefined) return addKey(key);
        return state === "first key" && take(MARK) === "}" ? close() : undefined;
      }
      case "colon":
        return take(MARK) === ":" ? "value" : undefined;
      case "value":
      case "first value":
        return stepValue();
      case "after value":
        return stepAfterValue();
    }
    return state satisfies never;
  }

  function stepValue(): State | undefined {
    if ((take(STRING) ?? take(ATOM)) !== undefined) return "after value";
    const mark = take(MARK);
    if (mark === "{" || mark === "[") around.push(mark === "{" ? new Set() : undefined);
    if (mark === "{") return "first key";
    if (mark === "[") return "first value";
    return mark === "]" && state === "first value" ? close() : undefined;
  }

  function stepAfterValue(): State | undefined {
    const inObject = around.at(-1) !== undefined;
    const mark = take(MARK);
    if (mark === ",") return inObject ? "key" : "value";
    return mark === (inObject ? "}" : "]") ? close() : undefined;
  }

  function addKey(key: string): State | "repeated" {
    // Parsed, since "a" and "\u0061" are the same key.
    const name: string = JSON.parse(key);
    const keys = around.at(-1);
    if (keys?.has(name) === true) return "repeated";
    keys?.add(name);
    return "colon";
  }

  function close(): State {
    around.pop();
    return "after value";
  }

  function take(token: RegExp): string | undefined {
    token.lastIndex = offset;
    const found = token.exec(text)?.[0];
    offset += found?.length ?? 0;
    return found;
  }

  function end(): JsonFault | undefined {
    return offset === text.length ? undefined : { offset, problem: "expected the end of the file" };
  }
}
