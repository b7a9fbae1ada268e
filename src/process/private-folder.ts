// A folder that only this user can enter, for the socket between the processes of a server.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../log/reason.ts";
import { socketState } from "./unix-socket.ts";

/** The longest path of a Unix socket on Linux. */
const MAX_PATH_BYTES = 107;
const PREFIX = "fanwire-bus-";
const RANDOM_BYTES = 6;

type Environment = Readonly<Record<string, string | undefined>>;

/** Makes the folder, with a name that nobody else has. @throws when no place for such folders can be written to. */
export function makePrivateFolder(env: Environment, fileName: string): string {
  const failures: string[] = [];
  for (const place of placesOf(env)) {
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

/** Removes such folders of servers that were killed: those with a socket on which nobody listens. */
export async function removeStaleFolders(env: Environment, fileName: string): Promise<void> {
  for (const place of placesOf(env))
    for (const folder of foldersIn(place))
      if (await isStale(join(folder, fileName))) removePrivateFolder(folder);
}

/** Removes the folder and what is in it. Nothing happens when it is not there. */
export function removePrivateFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Where such folders are made: in the first place that can be written to. */
function placesOf(env: Environment): ReadonlySet<string> {
  return new Set([env["XDG_RUNTIME_DIR"] || tmpdir(), tmpdir(), "/tmp"]);
}

function foldersIn(place: string): readonly string[] {
  try {
    return readdirSync(place)
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => join(place, name));
  } catch {
    return [];
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    return (await socketState(path)) === "stale";
  } catch {
    // It has been removed meanwhile, or belongs to another user.
    return false;
  }
}
