// Finds the configuration file and reads its text. No other file of this folder touches the disk. It is an error if a
// file that was asked for cannot be read, and no error if there is none.

import { stat } from "node:fs/promises";
import type { ConfigError } from "./config-error.ts";
import type { ConfigFile } from "./syntax.ts";
import { isSet, type Environment } from "./variables.ts";

/** The variable that names the configuration file. */
export const CONFIG_VARIABLE = "FANWIRE_CONFIG";

/** The files that are looked for when none is named, in the working directory. The first that exists is used. */
export const DEFAULT_PATHS: readonly string[] = ["fanwire.toml", "fanwire.json"];

/** The configuration file, or that there is none, or why it cannot be read. */
export type LoadedFile =
  | { readonly kind: "file"; readonly file: ConfigFile }
  | { readonly kind: "none" }
  | { readonly kind: "errors"; readonly errors: readonly ConfigError[] };

/** Loads the file at `path`, else the one that FANWIRE_CONFIG names, else ./fanwire.toml or ./fanwire.json. */
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

/** The path of the configuration file. Undefined when no file is named and no default file exists. */
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
    // A file that exists but cannot be examined must not be skipped: reading it will report the error.
    return codeOf(error) !== "ENOENT";
  }
}

/** Why a file cannot be read, to follow the name of the file in a sentence. */
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
