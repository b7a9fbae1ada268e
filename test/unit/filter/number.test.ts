import { expect, test } from "bun:test";
import { readNumber } from "../../../src/filter/number.ts";

const READ: readonly (readonly [text: string, number: number])[] = [
  ["0", 0],
  ["-0", -0],
  ["007", 7],
  ["+5", 5],
  ["5.", 5],
  [".5", 0.5],
  ["-.5e+2", -50],
  ["1E3", 1000],
  ["0.1", 0.1],
  ["1e999", Infinity],
  ["-1e999", -Infinity],
  ["1e-999", 0],
  ["inf", Infinity],
  ["-INF", -Infinity],
  ["+Infinity", Infinity],
  ["infinitY", Infinity],
];

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  blanks: ["", " ", " 5", "5 ", "\t5", "5\n", "\u00a05", "5\ufeff", "- 5", "1 2"],
  decimals: ["+", "-", ".", "e5", "5e", "5e+", "1.2.3", "--5", "1_000", "1,5", "5n", "\u0665"],
  radixes: ["0x10", "0X1f", "0b1", "0o7", "-0x10", "0x1a", "0xinf"],
  words: ["nan", "NaN", "-nan", "in", "infinit", "infinityy", "--inf", "inf ", "\u0131nf", "\tnf"],
};

test("readNumber() reads decimals and infinities", () => {
  for (const [text, number] of READ) expect([text, readNumber(text)]).toEqual([text, number]);
});

for (const [name, texts] of Object.entries(REFUSED)) {
  test(`readNumber() reads no other ${name}`, () => {
    for (const text of texts) expect([text, readNumber(text)]).toEqual([text, NaN]);
  });
}
