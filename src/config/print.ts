// The effective configuration as a file of our own: every option, defaults included, secrets redacted.
// What it prints can be loaded again once the secrets are put back.

import type { Config } from "./config.ts";
import { OPTIONS } from "./options.ts";
import { writeTable } from "./table.ts";

/** The configuration as JSON of two spaces' indent, without a final newline. No secret is in it. */
export function printConfig(config: Config): string {
  return JSON.stringify(writeTable(OPTIONS, config), null, 2);
}
