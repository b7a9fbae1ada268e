import { describe, expect, test } from "bun:test";
import type { Apps } from "../../../src/apps/apps.ts";
import { memoryApps } from "../../../src/apps/memory.ts";
import { answerHealth, type HealthContext } from "../../../src/http/health.ts";
import type { LiveApps } from "../../../src/node/apps.ts";
import { testApp } from "../../doubles/app.ts";
import { testHub } from "../../doubles/hub.ts";
import { testNode } from "../../doubles/node.ts";

function context(given: Partial<HealthContext> = {}): HealthContext {
  return {
    apps: appsOf(
      memoryApps([
        testApp(),
        testApp({ id: "off", enabled: false, credentials: [{ key: "k2", secret: "s2" }] }),
      ]),
    ),
    draining: () => false,
    isCutOff: () => false,
    nodeId: null,
    memory: { usedBytes: 50, totalBytes: 100 },
    memoryThresholdPercent: 85,
    usageEnabled: true,
    ...given,
  };
}

function appsOf(store: Apps): LiveApps {
  return testNode(testHub().hub, { apps: store }).node.apps;
}

async function ask(
  path: string,
  given: Partial<HealthContext> = {},
): Promise<readonly [number, string] | null> {
  const answer = await answerHealth(context(given), path);
  if (answer === null) return null;
  expect(answer.headers.get("x-health-check") ?? "OK").not.toBe("");
  return [answer.status, await answer.text()];
}

describe("answerHealth()", () => {
  test.each(["/", "/live", "/up", "/up/3", "/ready", "/accept-traffic"])(
    "%s answers OK",
    async (path) => {
      expect(await ask(path)).toEqual([200, "OK"]);
    },
  );

  test.each(["/up", "/up/3", "/ready"])("%s answers that the node is draining", async (path) => {
    expect(await ask(path, { draining: () => true })).toEqual([503, "DRAINING"]);
  });

  test.each([
    ["/up/nobody", 404, "NOT_FOUND"],
    ["/up/off", 503, "ERROR"],
  ])("%s answers %i", async (path, status, word) => {
    expect(await ask(path)).toEqual([status, word]);
  });

  test("/live answers OK while the node drains", async () => {
    expect(await ask("/live", { draining: () => true })).toEqual([200, "OK"]);
  });

  test("/accept-traffic answers with an error if memory is short or the node is draining", async () => {
    const full = { memory: { usedBytes: 85, totalBytes: 100 } };
    expect(await ask("/accept-traffic", full)).toEqual([503, "ERROR"]);
    expect(await ask("/accept-traffic", { draining: () => true })).toEqual([503, "ERROR"]);
  });

  test("/usage shows the memory, unless it is switched off", async () => {
    const [, text] = (await ask("/usage")) ?? [];
    expect(JSON.parse(text ?? "")).toEqual({
      memory: { free: 50, used: 50, total: 100, percent: 50 },
    });
    expect(await ask("/usage", { usageEnabled: false })).toBeNull();
  });

  test("returns null for other paths", async () => {
    expect(await ask("/apps/1")).toBeNull();
  });

  test("answers ERROR for an app if the store fails", async () => {
    const fail = (): Promise<never> => Promise.reject(new Error("The store is down"));
    const apps = appsOf({ byId: fail, byKey: fail });
    expect(await ask("/up/3", { apps })).toEqual([503, "ERROR"]);
  });
});
