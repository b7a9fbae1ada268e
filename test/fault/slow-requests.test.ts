import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { HttpConnection } from "../harness/http-connection.ts";
import { KernelSocket } from "../harness/kernel-socket.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest } from "../harness/signing.ts";
import { httpUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { MemoryWatch, openFileCount, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

/** The runtime ends an incomplete request after 12 seconds, whatever arrives meanwhile; a wait may take 20. */
const MAX_MS = 16_000;
const DRIP_MS = 100;
const MIB = 1_048_576;
const EVENTS = "/apps/4711/events";
const HEAD = "HTTP/1.1\r\nHost: x\r\n";

/** What is sent at once, and what is sent repeatedly after it. */
const SLOW: Readonly<Record<string, readonly [first: string, drip: string]>> = {
  "nothing at all": ["", ""],
  "a request line": ["GET /", "a"],
  "a header": [`GET / ${HEAD}X: `, "a"],
  "one header after the other": [`GET / ${HEAD}`, "X: a\r\n"],
  "a body": [`POST ${signRequest("POST", EVENTS, "a")} ${HEAD}Content-Length: 9999\r\n\r\n`, "a"],
  "a body in chunks": [
    `POST ${signRequest("POST", EVENTS, "a")} ${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    "1\r\na\r\n",
  ],
  "a body that was refused already": [
    `POST /apps/none/events ${HEAD}Content-Length: 9999\r\n\r\n`,
    "a",
  ],
  "a second request": [`GET / ${HEAD}\r\nGET /`, "a"],
};

test("requests that drip in are cut off in time, and others are served meanwhile", async () => {
  const victim = await startServer(scope);
  const bystander = await startBystander(scope, victim);
  const openFiles = openFileCount(victim.program.pid);
  // Several of each, to show that they do not queue behind one another.
  const lives = Object.entries(SLOW).map(async ([name, [first, drip]]) => {
    const each = Array.from({ length: 20 }, () => dripUntilEnded(victim, first, drip));
    return [name, Math.max(...(await Promise.all(each))) < MAX_MS] as const;
  });
  const slowestMs = await slowestAnswerDuring(victim, Promise.all(lives));
  expect(Object.fromEntries(await Promise.all(lives))).toEqual(
    Object.fromEntries(Object.keys(SLOW).map((name) => [name, true])),
  );
  expect(slowestMs).toBeLessThan(1000);
  expect(openFileCount(victim.program.pid)).toBeLessThanOrEqual(openFiles + 2);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("clients that ask and ask and read no answer are ended in bounded memory", async () => {
  const victim = await startServer(scope);
  const bystander = await startBystander(scope, victim);
  const target = signRequest("GET", `/apps/${victim.id}/channels`, "");
  const requests = Buffer.from(`GET ${target} ${HEAD}\r\n`.repeat(2000));
  const openFiles = openFileCount(victim.program.pid);
  const beforeBytes = residentBytes(victim.program.pid);
  const memory = new MemoryWatch(victim.program.pid);
  const clients = Array.from({ length: 50 }, () => new KernelSocket(scope, victim));
  await until(
    () => openFileCount(victim.program.pid) >= openFiles + clients.length,
    "them to connect",
  );
  await until(() => {
    for (const client of clients) client.send(requests);
    return openFileCount(victim.program.pid) <= openFiles + 5;
  }, "them to be ended");
  expect(memory.stop() - beforeBytes).toBeLessThan(64 * MIB);
  await bystander.missedNothing();
  await expectWell(victim);
});

/** Asks all the time until the other has settled. Returns the longest that an answer took. */
async function slowestAnswerDuring(victim: Server, other: Promise<unknown>): Promise<number> {
  const watch = { slowestMs: 0, over: false };
  const settled = other.finally(() => {
    watch.over = true;
  });
  while (!watch.over) {
    const startMs = performance.now();
    expect((await fetch(httpUrl(victim, "/"))).status).toBe(200);
    watch.slowestMs = Math.max(watch.slowestMs, performance.now() - startMs);
    await Bun.sleep(DRIP_MS);
  }
  await settled;
  return watch.slowestMs;
}

/** Sends a part of a request and then a little repeatedly. Returns how long the server took to end the connection. */
async function dripUntilEnded(victim: Server, first: string, drip: string): Promise<number> {
  const connection = new HttpConnection();
  await connection.connect(scope, victim);
  const startMs = performance.now();
  connection.tcp.write(first);
  const timer = setInterval(() => connection.tcp.write(drip), DRIP_MS);
  await connection.tcp.ended().finally(() => clearInterval(timer));
  return performance.now() - startMs;
}
