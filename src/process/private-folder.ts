// A folder that only this user can enter, for the socket between the processes of a server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../log/reason.ts";

/** The longest path of a Unix socket on Linux. */
const MAX_PATH_BYTES = 107;
const PREFIX = "fanwire-";
const RANDOM_BYTES = 6;

/** Makes the folder, with a name that nobody else has. @throws when no place for such folders can be written to. */
export function makePrivateFolder(
  env: Readonly<Record<string, string | undefined>>,
  fileName: string,
): string {
  const failures: string[] = [];
  for (const place of new Set([env["XDG_RUNTIME_DIR"] || tmpdir(), tmpdir(), "/tmp"])) {
    const start = join(place, PREFIX);
    if (Buffer.byteLength(join(start, fileName)) + RANDOM_BYTES > MAX_PATH_BYTES) {
      failures.push(`"${place}" is too long for the path of a Unix socket`);
      continue;
    }
    try {
      // The mode of such a folder is 0700.
      return mkdtempSync(start);
    } catch (error) {
      failures.push(`"${place}": ${reasonOf(error)}`);
    }
  }
  throw new Error(
    `Cannot make a folder for the socket between the workers: ${failures.join("; ")}`,
  );
}

/** Removes the folder and what is in it. Nothing happens when it is not there. */
export function removePrivateFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
