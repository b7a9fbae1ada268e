// Tests that can hold in some forms of running a server only.
import { test } from "bun:test";
import { FORM, type Form } from "./server.ts";

/** Registers a test, as `test` does. */
export type Register = (name: string, body: () => void | Promise<void>) => void;

/**
 * `test` in these forms. In others the test is not registered, and a line with the reason is printed instead: it is no
 * test there, rather than one that is skipped.
 */
export function onlyIn(forms: Form | readonly Form[], reason: string): Register {
  if ([forms].flat().includes(FORM)) return (name, body) => test(name, body);
  return (name) => {
    process.stdout.write(`Only in form ${[forms].flat().join(", ")}: ${name}: ${reason}\n`);
  };
}
