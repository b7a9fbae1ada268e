import { expect, test } from "bun:test";
import { frame, OPCODE, upgradeRequest } from "../harness/frames.ts";
import { KernelSocket } from "../harness/kernel-socket.ts";
import { scrape } from "../harness/metrics.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { expectUnfelt, underAttack } from "./attack.ts";
import { startBystander } from "./bystander.ts";
import { openFileCount } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const OPEN_FILES = 128;
const ATTACK_MS = 5000;
const ATTACKER = 2;

/** Does something so many times a second for a while. */
async function attack(perSecond: number, strike: () => unknown): Promise<void> {
  const endMs = performance.now() + ATTACK_MS;
  while (performance.now() < endMs) {
    strike();
    await Bun.sleep(1000 / perSecond);
  }
}

/** One of the attacker's clients: sends the bytes and never reads. */
function sending(victim: Server, bytes: string | Uint8Array): KernelSocket {
  const client = new KernelSocket(scope, victim, "usual", ATTACKER);
  client.send(bytes);
  return client;
}

/** Does something again and again until the other has settled. */
async function repeatDuring(
  other: Promise<unknown>,
  periodMs: number,
  action: () => unknown,
): Promise<void> {
  const watch = { over: false };
  const settled = other.finally(() => {
    watch.over = true;
  });
  while (!watch.over) {
    await action();
    await Bun.sleep(periodMs);
  }
  await settled;
}

/** Connects repeatedly from another address until `other` has settled. Returns the number of failures. */
async function failuresDuring(victim: Server, other: Promise<unknown>): Promise<number> {
  let failedCount = 0;
  await repeatDuring(other, 200, async () => {
    const client = new RawClient(scope, victim);
    const isIn = await Promise.race([
      client.frames.next().then(() => true),
      client.closed().then(() => false),
      Bun.sleep(1000).then(() => false),
    ]);
    if (!isIn) failedCount++;
    client.terminate();
  });
  return failedCount;
}

/** The highest number of open files, sampled until `other` has settled. */
async function mostOpenFilesDuring(victim: Server, other: Promise<unknown>): Promise<number> {
  let most = 0;
  await repeatDuring(other, 20, () => {
    most = Math.max(most, openFileCount(victim.program.pid));
  });
  return most;
}

test("a hundred deaf clients a second with a wrong key take few descriptors, and nobody else feels them", async () => {
  const victim = await startServer(scope, { openFiles: OPEN_FILES });
  const bystander = await startBystander(scope, victim);
  const request = upgradeRequest({ ...victim, key: "wrong" });
  let [failedCount, most] = [Number.NaN, Number.NaN];
  const damage = await underAttack(scope, victim, async () => {
    const attacked = attack(100, () => sending(victim, request));
    [failedCount, most] = await Promise.all([
      failuresDuring(victim, attacked),
      mostOpenFilesDuring(victim, attacked),
    ]);
  });
  expectUnfelt(damage);
  expect(failedCount).toBe(0);
  expect(most).toBeLessThan(OPEN_FILES / 2);
  const figures = await scrape(victim);
  expect(figures.sum("fanwire_refused_connections_held")).toBeWithin(1, 17);
  expect(figures.sum("fanwire_limit_hits_total", { limit: "refusals_held" })).toBeGreaterThan(100);
  await bystander.missedNothing();
  await expectWell(victim);
});

test.each([
  ["wrong", "wrong"],
  ["right", APP.key],
])("%s keys of one address leave others the handshakes of the node", async (_, key) => {
  const victim = await startServer(scope, { config: { max_handshakes_per_second: 20 } });
  const bystander = await startBystander(scope, victim);
  const request = upgradeRequest({ ...victim, key });
  const attacked = attack(100, () => {
    const client = sending(victim, request);
    setTimeout(() => client.close(), 500);
  });
  expect(await failuresDuring(victim, attacked)).toBe(0);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("deaf clients that are let in and then closed do not take the last descriptors", async () => {
  const victim = await startServer(scope, { openFiles: OPEN_FILES });
  const bystander = await startBystander(scope, victim);
  const request = Buffer.from(upgradeRequest(victim));
  const binary = frame("x", { opcode: OPCODE.binary });
  let most = Number.NaN;
  const damage = await underAttack(scope, victim, async () => {
    const attacked = attack(100, () => sending(victim, Buffer.concat([request, binary])));
    most = await mostOpenFilesDuring(victim, attacked);
  });
  expectUnfelt(damage);
  expect(most).toBeLessThan(OPEN_FILES);
  await Bun.sleep(4500);
  await connectRaw(scope, victim);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("an address with too many refused connections gets HTTP 429 for more, and others the reason", async () => {
  const victim = await startServer(scope, { config: { max_refusals_per_address: 2 } });
  const request = upgradeRequest({ ...victim, key: "wrong" });
  for (let count = 0; count < 10; count++) await sending(victim, request).reads(/^HTTP\/1\.1 101 /);
  const [answer] = await sending(victim, request).reads(
    /^HTTP\/1\.1 429 [^]*\r\n\r\nToo many refused connections of one address\n$/,
  );
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  expect(answer).toMatch(/\r\nRetry-After: 1\r\n/);
  // Of the same address, with the right key.
  await sending(victim, upgradeRequest(victim)).reads(/connection_established/);
  const other = new RawClient(scope, { ...victim, key: "wrong" });
  expect((await other.closed()).code).toBe(4001);
  const figures = await scrape(victim);
  expect(figures.sum("fanwire_limit_hits_total", { limit: "refusal_rate" })).toBe(1);
  await expectWell(victim);
});
