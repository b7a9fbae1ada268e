// One way to test what a key or a variable of another server does here: each has a row, and each row its cases.

import { expect, test } from "bun:test";
import type { Config } from "../../../src/config/config.ts";
import { configOf, errorsOf, warningsOf, type reading } from "./reading.ts";

/**
 * A name, a value, and what comes of it: settings; a warning by name, and none with the value that the other
 * server has anyway; nothing; or a mistake by name.
 */
export type Row =
  | readonly [name: string, value: unknown, expected: Partial<Config>]
  | readonly [name: string, value: unknown, expected: "warns", usual: unknown]
  | readonly [name: string, value: unknown, expected: "nothing" | "refused"];

/** How a source gives a value under a name. */
export type Give = (name: string, value: unknown) => Parameters<typeof reading>;

/** Tests each row. `shown` is the name as warnings and mistakes have it. */
export function testRows(
  rows: readonly Row[],
  give: Give,
  shown: (name: string) => string = (name) => name,
): void {
  const defaults = configOf(undefined);
  for (const [name, value, expected, usual] of rows)
    test(`${name} = ${JSON.stringify(value)} ${typeof expected === "string" ? expected : "counts"}`, () => {
      const given = give(name, value);
      if (expected === "refused") {
        const [only = "", ...more] = errorsOf(...given);
        expect(only).toMatch(new RegExp(`: Cannot use ${RegExp.escape(shown(name))}[ :]`));
        expect(more).toEqual([]);
        return;
      }
      const config = configOf(...given);
      const warnings = warningsOf(...given);
      if (typeof expected === "object") {
        expect(config).toEqual({ ...defaults, ...expected });
        // A row that changes nothing would prove nothing.
        expect(config).not.toEqual(defaults);
        return;
      }
      expect(config).toEqual(defaults);
      if (expected === "nothing") expect(warnings).toEqual([]);
      else {
        expect(warnings.map((line) => line.split(" has no effect: this version ")[0])).toEqual([
          `${given[0] === undefined ? "environment" : given[1]?.path}: ${shown(name)}`,
        ]);
        expect(warningsOf(...give(name, usual))).toEqual([]);
      }
    });
}
