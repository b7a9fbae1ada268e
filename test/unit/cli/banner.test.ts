import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "../../../src/cli/arguments.ts";
import { banner } from "../../../src/cli/banner.ts";
import { announceDevelopment, type DevelopmentServer } from "../../../src/cli/development.ts";
import { findTarget, TARGET_FLAGS } from "../../../src/cli/target.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { configOf } from "../config/reading.ts";

const DEFAULT_PORT = 6001;
const OTHER_PORT = 6100;

/** The directory with the credentials of one user's development servers. */
const directory = mkdtempSync(join(tmpdir(), "fanwire-unit-"));
const terminal: Terminal = {
  env: { XDG_RUNTIME_DIR: directory },
  colour: false,
  readInput: async () => null,
  write: () => {},
  writeError: () => {},
};

beforeAll(() => {
  for (const port of [DEFAULT_PORT, OTHER_PORT])
    announceDevelopment(terminal.env, port, serverOn(port));
});

afterAll(() => rmSync(directory, { recursive: true }));

function serverOn(port: number): DevelopmentServer {
  return { url: `http://127.0.0.1:${port}`, id: String(port), key: "key", secret: "secret" };
}

/** The commands under "Two terminals" in the banner of a development server on the port. */
function commandsFor(port: number): readonly string[] {
  const lines = banner(terminal, {
    version: "1.2.3",
    startMs: 1,
    config: configOf(undefined),
    port,
    metricsPort: null,
    capacity: 1000,
    workers: 1,
    development: { ...serverOn(port), host: "127.0.0.1", port, secure: false, pathPrefix: "" },
  }).split("\n");
  const title = lines.indexOf("  Two terminals");
  expect(title).toBeGreaterThan(0);
  return lines.slice(title + 1).filter((line) => line !== "");
}

/** The server to which a command connects. */
function serverOf(command: string): DevelopmentServer | string {
  const [, , ...args] = command.split(" ");
  const read = readArguments(args, TARGET_FLAGS);
  if (read.kind === "error") throw new Error(read.message);
  return findTarget(terminal, read.flags);
}

describe("banner()", () => {
  test("prints commands for two terminals, without options on the default port", () => {
    expect(commandsFor(DEFAULT_PORT)).toEqual([
      "fanwire tail my-channel",
      `fanwire publish my-channel my-event '{"text":"hello"}'`,
    ]);
  });

  test("names any other port in them", () => {
    expect(commandsFor(OTHER_PORT)).toEqual([
      "fanwire tail my-channel --port 6100",
      `fanwire publish my-channel my-event '{"text":"hello"}' --port 6100`,
    ]);
  });

  test.each([DEFAULT_PORT, OTHER_PORT])("prints commands that find the server on %i", (port) => {
    const found = { ...serverOn(port), tls: { rejectUnauthorized: true } };
    expect(commandsFor(port).map(serverOf)).toEqual([found, found]);
  });
});
