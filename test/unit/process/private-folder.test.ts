import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  makePrivateFolder,
  removePrivateFolder,
  removeStaleFolders,
} from "../../../src/process/private-folder.ts";

let place: string;
beforeEach(() => (place = mkdtempSync(join(tmpdir(), "fanwire-test-"))));
afterEach(() => rmSync(place, { recursive: true }));

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

test("a folder whose socket nobody listens on is removed, others are not", async () => {
  const env = { XDG_RUNTIME_DIR: place };
  const [stale, living, young] = [0, 1, 2].map(() => makePrivateFolder(env, "bus"));
  const socket = { data() {} };
  const server = Bun.listen({ unix: join(living ?? "", "bus"), socket });
  // The file of a listener that was killed stays.
  const script = `Bun.listen({ unix: process.argv[1], socket: { data() {} } }); process.kill(process.pid, "SIGKILL")`;
  Bun.spawnSync([process.execPath, "-e", script, join(stale ?? "", "bus")]);
  expect(statSync(join(stale ?? "", "bus")).isSocket()).toBe(true);
  await removeStaleFolders(env, "bus");
  expect(
    readdirSync(place)
      .filter((name) => name.startsWith("fanwire-bus-"))
      .map((name) => join(place, name))
      .toSorted(),
  ).toEqual([living ?? "", young ?? ""].toSorted());
  server.stop(true);
});
