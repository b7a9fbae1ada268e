// Bundles the code for browsers. The server imports this as a macro, so that the bundles are part of its executable.
// `build.ts` writes them to files.
import { join } from "node:path";

/** The script for pages: `fanwire.js`. */
export function clientScript(): string {
  return bundled("script.ts", "iife");
}

/** The module for bundlers and `<script type="module">`: `fanwire.mjs`. */
export function clientModule(): string {
  return bundled("fanwire.ts", "esm");
}

// Runs `bun build` as a command: inside a macro, `Bun.build` would deadlock with the bundler that runs the macro.
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
