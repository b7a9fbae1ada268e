// Tests the effect of keys and variables of another server: each name has a row, and each row has its cases.

import { expect, test } from "bun:test";
import type { Config } from "../../../src/config/config.ts";
import { configOf, errorsOf, warningsOf, type reading } from "./reading.ts";

/**
 * A name, a value, and the result: settings; a warning with the name, but none for the default of the other
 * server; nothing; or an error with the name.
 */
export type Row =
  | readonly [name: string, value: unknown, expected: Partial<Config>]
  | readonly [name: string, value: unknown, expected: "warns", usual: unknown]
  | readonly [name: string, value: unknown, expected: "nothing" | "refused"];

/** Sets a value under a name in one kind of source. */
export type Give = (name: string, value: unknown) => Parameters<typeof reading>;

/** Tests each row. `shown` is the name as it appears in warnings and errors. */
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
        // A row that changes nothing proves nothing.
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
