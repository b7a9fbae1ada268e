import { expect, test } from "bun:test";
import { until } from "../e2e/deadline.ts";
import { testScope } from "../e2e/scope.ts";
import { httpUrl } from "../e2e/server.ts";
import { startBystander } from "./bystander.ts";
import { DeafClient } from "./deaf-client.ts";
import { upgradeRequest } from "./frame-client.ts";
import { openFileCount, processorMs } from "./process.ts";
import { expectWell, startVictim, type Victim } from "./victim.ts";

const scope = testScope();

const OPEN_FILES = 128;

// Without descriptors the runtime can neither accept nor leave it; what a server can do is to get them back.
test.each<[string, number, (victim: Victim) => string]>([
  // The runtime ends connections that send no request after 12 seconds.
  ["that say nothing", 200, () => ""],
  // And those that it has closed after at most four, when the client does not answer the close.
  ["that are refused and do not leave", 140, (victim) => upgradeRequest(victim)],
])(
  "when clients %s take the last open files, the others are served, and new ones again when these are cut off",
  async (_, clientCount, hello) => {
    const victim = await startVictim(scope, { openFiles: OPEN_FILES });
    const bystander = await startBystander(scope, victim);
    for (let count = 0; count < clientCount; count++) {
      const client = new DeafClient(scope, victim);
      const text = hello(victim);
      if (text !== "") client.send(text);
    }
    await until(() => openFileCount(victim.pid) >= OPEN_FILES - 1, "the open files to be taken");
    await until(() => answersNewcomer(victim), "an answer to a new connection");
    const beforeMs = processorMs(victim.pid);
    await Bun.sleep(500);
    expect(processorMs(victim.pid) - beforeMs).toBeLessThan(200);
    await bystander.missedNothing();
    await expectWell(victim);
  },
);

/** Whether a request on a connection of its own is answered. */
async function answersNewcomer(victim: Victim): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(500);
    return (await fetch(httpUrl(victim, "/"), { signal, keepalive: false })).status === 200;
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return false;
    throw error;
  }
}
