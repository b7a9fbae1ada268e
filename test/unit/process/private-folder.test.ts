import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { makePrivateFolder, removePrivateFolder } from "../../../src/process/private-folder.ts";

const place = mkdtempSync(join(tmpdir(), "fanwire-test-"));
afterAll(() => rmSync(place, { recursive: true }));

test("the folder is this user's alone, has a name of its own, and can be removed", () => {
  const env = { XDG_RUNTIME_DIR: place };
  const folders = [makePrivateFolder(env, "bus"), makePrivateFolder(env, "bus")];
  expect(new Set(folders).size).toBe(2);
  for (const folder of folders) {
    expect(dirname(folder)).toBe(place);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    removePrivateFolder(folder);
    removePrivateFolder(folder);
  }
  expect(readdirSync(place)).toEqual([]);
});

test("a place that is too long for a socket's path, or is not there, is passed over", () => {
  const long = join(place, "x".repeat(90));
  mkdirSync(long);
  for (const other of [long, join(place, "nowhere")]) {
    const folder = makePrivateFolder({ XDG_RUNTIME_DIR: other }, "bus");
    expect(folder.startsWith(other)).toBe(false);
    removePrivateFolder(folder);
  }
});
