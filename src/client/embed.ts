// Bundles what browsers load. The server imports this as a macro, so that the texts are in its
// executable and nothing has to be built before; `build.ts` writes them to files.
import { join } from "node:path";

/** The script for pages: `fanwire.js`. */
export function clientScript(): string {
  return bundled("script.ts", "iife");
}

/** The module for bundlers and `<script type="module">`: `fanwire.mjs`. */
export function clientModule(): string {
  return bundled("fanwire.ts", "esm");
}

// By the command: inside a macro, Bun.build would wait for the bundler that waits for the macro.
function bundled(entry: string, format: "iife" | "esm"): string {
  const { success, stdout, stderr } = Bun.spawnSync([
    process.execPath,
    "build",
    join(import.meta.dir, entry),
    `--format=${format}`,
    "--target=browser",
    "--minify",
  ]);
  if (!success) throw new Error(`Cannot bundle "${entry}": ${stderr.toString()}`);
  return stdout.toString();
}
