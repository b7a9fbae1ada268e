// Prints the effective configuration: every option with its default or value, secrets redacted. The result is a valid
// file once the secrets are put back.

import type { Config } from "./config.ts";
import { OPTIONS } from "./options.ts";
import { writeTable } from "./table.ts";

/** The configuration as JSON, indented by two spaces, without secrets and without a final newline. */
export function printConfig(config: Config): string {
  return JSON.stringify(writeTable(OPTIONS, config), null, 2);
}
