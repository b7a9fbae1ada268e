// The only file of this folder that touches the disk: finds the configuration file and reads its text.
// A file that was asked for and cannot be read is a error; that there is none is not.

import { stat } from "node:fs/promises";
import type { ConfigError } from "./config-error.ts";
import type { ConfigFile } from "./syntax.ts";
import { isSet, type Environment } from "./variables.ts";

/** The variable that names the configuration file. */
export const CONFIG_VARIABLE = "FANWIRE_CONFIG";

/** Where the file is looked for when nothing names it, relative to the working directory; the first that exists counts. */
export const DEFAULT_PATHS: readonly string[] = ["fanwire.toml", "fanwire.json"];

/** The file that holds the configuration, that there is none, or why it cannot be read. */
export type LoadedFile =
  | { readonly kind: "file"; readonly file: ConfigFile }
  | { readonly kind: "none" }
  | { readonly kind: "errors"; readonly errors: readonly ConfigError[] };

/** Loads the file at `path`, or else the one FANWIRE_CONFIG names, or else ./fanwire.toml or ./fanwire.json. */
export async function loadConfigFile(
  path: string | undefined,
  env: Environment,
): Promise<LoadedFile> {
  const found = await locateConfigFile(path, env);
  if (found === undefined) return { kind: "none" };
  try {
    return { kind: "file", file: { path: found, text: await Bun.file(found).text() } };
  } catch (error) {
    return { kind: "errors", errors: [{ source: found, key: "", problem: readFault(error) }] };
  }
}

/** The path that `loadConfigFile` reads; undefined when nothing names a file and neither default is there. */
async function locateConfigFile(
  path: string | undefined,
  env: Environment,
): Promise<string | undefined> {
  const named = path ?? env[CONFIG_VARIABLE];
  if (isSet(named)) return named;
  for (const candidate of DEFAULT_PATHS) if (await isThere(candidate)) return candidate;
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Anything but its absence is for the reading to report: a file that may not be seen is not passed over.
    return codeOf(error) !== "ENOENT";
  }
}

/** Why a file cannot be read, for a sentence that names it. */
export function readFault(error: unknown): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a directory, it must be a file";
    case "EACCES":
      return "this user may not read it";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
