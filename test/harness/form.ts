// The form in which the servers of a test run are started, and what tests must do for all of them.
import { test } from "bun:test";

/** As one process, as two workers with their primary, as two nodes behind a broker. */
export type Form = "alone" | "workers" | "nodes";

const NAMES: readonly Form[] = ["alone", "workers", "nodes"];

/** The form of all servers of this run. */
export const FORM: Form = formOf(process.env["FANWIRE_TEST_FORM"] ?? "alone");

/** The processes that serve clients. Each logs on its own, and counts on its own what is not shared. */
export const PROCESS_COUNT: number = FORM === "alone" ? 1 : 2;

/** Longer than anything takes from one process of a server to another. */
const SETTLED_MS = 60;

function formOf(name: string): Form {
  const form = NAMES.find((known) => known === name);
  if (form !== undefined) return form;
  throw new Error(
    `Cannot test in form "${name}": FANWIRE_TEST_FORM must be one of ${NAMES.join(", ")}`,
  );
}

/** Waits until what is under way between the processes of a server has come. A server that is alone needs no time for that. */
export async function settled(): Promise<void> {
  if (FORM !== "alone") await Bun.sleep(SETTLED_MS);
}

/** Registers a test, as `test` does. */
export type Register = (name: string, body: () => void | Promise<void>) => void;

/**
 * `test` in these forms. In others the test is not registered, and a line with the reason is printed instead: it is no
 * test there, rather than one that is skipped.
 */
export function onlyIn(forms: Form | readonly Form[], reason: string): Register {
  const names = [forms].flat();
  if (names.includes(FORM)) return (name, body) => test(name, body);
  return (name) => {
    process.stdout.write(`Only in form ${names.join(", ")}: ${name}: ${reason}\n`);
  };
}
