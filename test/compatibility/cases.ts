// Reads the test cases of a JUnit report, as `bun test` writes it.

/** A test's name and result. */
export interface TestCase {
  /** `FILE > DESCRIBE > NAME`; the file is below test/. */
  readonly name: string;
  readonly passed: boolean;
}

const CASE = /<testcase((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([^]*?)<\/testcase>)/g;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;
const ENTITY = /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g;
const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/** The cases of the report, in its order. A skipped case counts as not passed: it proves nothing. */
export function readCases(xml: string): readonly TestCase[] {
  return [...xml.matchAll(CASE)].map(([, attributes = "", content = ""]) => {
    const given = readAttributes(attributes);
    const file = (given.get("file") ?? "").replace(/^test\//, "");
    const parts = [file, given.get("classname") ?? "", given.get("name") ?? ""];
    return {
      name: parts.filter((part) => part !== "").join(" > "),
      passed: !/<(?:failure|error|skipped)\b/.test(content),
    };
  });
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const pairs = [...text.matchAll(ATTRIBUTE)];
  return new Map(pairs.map(([, name = "", value = ""]) => [name, decode(value)]));
}

function decode(text: string): string {
  return text.replace(ENTITY, (entity, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name ?? ""] ?? entity;
  });
}
