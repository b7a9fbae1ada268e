// The check with which every test of this folder ends.
import { expect } from "bun:test";
import type { Server } from "../harness/server.ts";
import { httpUrl } from "../harness/target.ts";

/** What the server logs when it meets a state that it does not handle. */
const SURPRISE = /unexpected error|uncaught exception|unhandled rejection|metric left out/;

/** Checks that the server answers and has logged no unexpected error. */
export async function expectWell(server: Server): Promise<void> {
  expect(await statusOf(server)).toBe(200);
  expect(server.program.stderr).not.toMatch(SURPRISE);
}

/** The status of a request. The test itself may have used up the unsigned requests of this second. */
async function statusOf(server: Server): Promise<number> {
  const first = (await fetch(httpUrl(server, "/"))).status;
  if (first !== 429) return first;
  await Bun.sleep(1100);
  return (await fetch(httpUrl(server, "/"))).status;
}
