// What nodes do when they start: they find the broker and one another, or say why they do not.
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { freePort } from "../harness/brokers/free-port.ts";
import { startRedis } from "../harness/brokers/redis.ts";
import { natsBus, redisBus } from "../harness/buses.ts";
import { type Bus, type ClusterSettings, makeNodes, startCluster } from "../harness/cluster.ts";
import { EXECUTABLE, makeDirectory, Program } from "../harness/program.ts";
import { Scope } from "../harness/scope.ts";
import { listening } from "../harness/server.ts";
import { APP } from "../harness/target.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS } from "./fault.ts";
import { LOAD, RIGHT_MS } from "./form.ts";
import { expectNone } from "./oracle/complaint.ts";
import type { LivingNode } from "./oracle/publishers.ts";
import { judgeViews } from "./oracle/views.ts";
import { expectRight, untilRight } from "./verdict.ts";

setDefaultTimeout(60_000);
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

/** Launches one node. There is no relay, so that it meets what is really there. */
async function launchOne(bus: Bus, settings: Partial<ClusterSettings> = {}): Promise<Program> {
  const direct = { ...bus, broker: null, config: () => bus.config(bus.broker?.port ?? 0) };
  const [node] = await makeNodes(scope, { ...settings, bus: direct, nodeCount: 1 });
  if (node === undefined) throw new Error("Cannot launch a node: none was made");
  return node.launch();
}

describe("a node whose broker is down", () => {
  test.each([
    ["Redis", redisBus],
    ["NATS", natsBus],
  ] as const)("does not start, and says why: %s", async (_, bus) => {
    const port = await freePort();
    const { code, stdout, stderr } = await (await launchOne(bus(port))).outcome();
    expect(code).not.toBe(0);
    const said = stdout + stderr;
    expect(said).toContain("Cannot open bus");
    expect(said).toContain(`127.0.0.1:${port}`);
  });

  test("waits for it if it is configured to, and then starts", async () => {
    const port = await freePort();
    const bus = redisBus(port);
    const adapter = bus.config(port)["adapter"];
    const program = await launchOne(bus, {
      config: {
        adapter: { ...(typeof adapter === "object" ? adapter : {}), wait_for_broker: true },
      },
    });
    await Bun.sleep(2000);
    expect(program.stdout + program.stderr).not.toContain('"msg":"listening"');
    await startRedis(scope, { port });
    expect((await listening(program)).port).toBeGreaterThan(0);
  });
});

test("a node with other apps behind the same prefix is refused", async () => {
  const redis = await startRedis(scope);
  const bus = redisBus(redis.port, "shared:");
  await startCluster(scope, { bus, nodeCount: 1 });
  const other = { ...APP, id: "4713", key: "other-key", secret: "other-secret" };
  const { code, stdout, stderr } = await (await launchOne(bus, { app: other })).outcome();
  expect(code).not.toBe(0);
  const said = stdout + stderr;
  expect(said).toContain("shared:");
  expect(said).not.toContain(APP.secret);
  expect(said).not.toContain(other.secret);
});

test("two clusters with two prefixes on one Redis do not meet", async () => {
  const redis = await startRedis(scope);
  const settings = { nodeCount: 2, app: APP_SETTINGS };
  const one = await startCluster(scope, { ...settings, bus: redisBus(redis.port, "one:") });
  const two = await startCluster(scope, {
    ...settings,
    bus: redisBus(redis.port, "two:"),
    firstName: "m",
  });
  const crowds = [new Crowd(one.nodes), new Crowd(two.nodes)] as const;
  for (const crowd of crowds) scope.add(() => crowd.leave());
  await crowds[0].gather(6, 2);
  await crowds[1].gather(4, 0);
  for (const crowd of crowds) crowd.publish({ ...LOAD, perSecond: 40 });
  await Bun.sleep(2000);
  // What came from the other cluster would be unknown, and its members would be too many.
  await untilRight(crowds[0], one.nodes, performance.now(), RIGHT_MS);
  await untilRight(crowds[1], two.nodes, performance.now(), RIGHT_MS);
  for (const crowd of crowds) await expectRight(crowd);
});

test("a file as articles have it works with a Redis as it is", async () => {
  const redis = await startRedis(scope);
  const file = {
    apps: [
      {
        ...APP,
        maxConnections: -1,
        enableClientMessages: true,
        enableUserAuthentication: false,
        webhooks: [],
      },
    ],
    server: { host: "127.0.0.1", port: 0 },
    adapter: { driver: "redis", redis: { host: "127.0.0.1", port: redis.port } },
  };
  const nodes = [await startWith(file, "a"), await startWith(file, "b")];
  const crowd = new Crowd(nodes, { channels: ["presence-article"] });
  scope.add(() => crowd.leave());
  await crowd.gather(4, 2);
  crowd.publish({ ...LOAD, perSecond: 20 });
  await Bun.sleep(2000);
  await expectRight(crowd);
  expectNone(judgeViews(crowd.journal), "in the views");
});

/** Starts a node with this file as it is. */
async function startWith(content: unknown, name: string): Promise<LivingNode> {
  const directory = makeDirectory(scope);
  const file = `${directory}/sockudo.json`;
  await Bun.write(file, JSON.stringify(content));
  const program = new Program(scope, [EXECUTABLE, "--config", file], { directory });
  const { port } = await listening(program);
  return { name, isUp: true, server: { host: "127.0.0.1", port, ...APP } };
}
