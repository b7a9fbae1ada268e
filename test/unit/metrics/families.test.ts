// The reader that other tests rely on refuses what a scraper would refuse.
import { expect, test } from "bun:test";
import { readFamilies, valueOf } from "./families.ts";

const HEAD = "# HELP a help\n# TYPE a counter\n";

test("readFamilies() reads names, labels and values", () => {
  const families = readFamilies(`${HEAD}a{x="1",y="q\\"b\\\\n\\n"} 2.5e-7\n`);
  expect(families.get("a")).toEqual({
    name: "a",
    help: "help",
    type: "counter",
    series: [{ name: "a", labels: { x: "1", y: 'q"b\\n\n' }, value: 2.5e-7 }],
  });
  expect(valueOf(families, "a", { x: "1" })).toBe(2.5e-7);
  expect(() => valueOf(families, "a", { x: "2" })).toThrow("Cannot find a");
});

test.each([
  ["without an end", `${HEAD}a 1`],
  ["without a HELP", "# TYPE a counter\na 1\n"],
  ["without a TYPE", "# HELP a help\na 1\n"],
  ["of another family", `${HEAD}b 1\n`],
  ["of a family that occurred before", `${HEAD}a 1\n\n${HEAD}a{x="1"} 1\n`],
  ["that occurred before", `${HEAD}a{x="1",y="2"} 1\na{y="2",x="1"} 1\n`],
  ["with a label twice", `${HEAD}a{x="1",x="2"} 1\n`],
  ["with an open quote", `${HEAD}a{x="1} 1\n`],
  ["with a quote that is not escaped", `${HEAD}a{x="1"2"} 1\n`],
  ["without a value", `${HEAD}a\n`],
  ["that are not numbers", `${HEAD}a NaN\n`],
])("readFamilies() refuses series %s", (_, text) => {
  expect(() => readFamilies(text)).toThrow("Cannot read");
});
