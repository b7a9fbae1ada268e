// Every test of this folder ends by asking whether the server is still well.
import { expect } from "bun:test";
import type { Server } from "../harness/server.ts";
import { httpUrl } from "../harness/target.ts";

/** What the server logs when something has happened that it was not written for. */
const SURPRISE = /unexpected error|uncaught exception|unhandled rejection|metric left out/;

/** Checks that the server is alive and answers, and that nothing of what was done to it was a surprise to it. */
export async function expectWell(server: Server): Promise<void> {
  expect((await fetch(httpUrl(server, "/"))).status).toBe(200);
  expect(server.program.stderr).not.toMatch(SURPRISE);
}
