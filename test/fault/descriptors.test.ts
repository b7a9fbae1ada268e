import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { upgradeRequest } from "../harness/frames.ts";
import { KernelSocket } from "../harness/kernel-socket.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { openFileCount, processorMs } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const OPEN_FILES = 128;

// Without free descriptors the runtime can neither accept a connection nor ignore it; the server can only free some.
test("when clients that say nothing take the last open files, the others are served, and new ones again when these are cut off", async () => {
  const victim = await startServer(scope, { openFiles: OPEN_FILES });
  const bystander = await startBystander(scope, victim);
  // The runtime ends connections that send no request after 12 seconds.
  for (let count = 0; count < 200; count++) void new KernelSocket(scope, victim);
  await until(
    () => openFileCount(victim.program.pid) >= OPEN_FILES - 1,
    "the open files to be taken",
  );
  await until(() => answersNewcomer(victim), "an answer to a new connection");
  await expectQuiet(victim);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("clients that are let in or refused, and do not leave, do not take the last open files", async () => {
  const victim = await startServer(scope, { openFiles: OPEN_FILES });
  const bystander = await startBystander(scope, victim);
  for (let count = 0; count < 200; count++) {
    new KernelSocket(scope, victim).send(upgradeRequest(victim));
    expect(openFileCount(victim.program.pid)).toBeLessThan(OPEN_FILES - 1);
    if (count % 20 === 0) expect(await answersNewcomer(victim)).toBe(true);
  }
  await expectQuiet(victim);
  await bystander.missedNothing();
  await expectWell(victim);
});

/** Checks that the server uses little processor time. */
async function expectQuiet({ program: { pid } }: Server): Promise<void> {
  const beforeMs = processorMs(pid);
  await Bun.sleep(500);
  expect(processorMs(pid) - beforeMs).toBeLessThan(200);
}

/** Whether a request on a connection of its own is answered. */
async function answersNewcomer(victim: Server): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(500);
    return (await fetch(httpUrl(victim, "/"), { signal, keepalive: false })).status === 200;
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return false;
    throw error;
  }
}
