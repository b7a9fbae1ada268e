// Nodes that have just started, and very many who come and go.
import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Redis, startRedis } from "../harness/brokers/redis.ts";
import { redisBus } from "../harness/buses.ts";
import { Cluster, type ClusterNode, makeNodes, startCluster } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { fileScope, Scope } from "../harness/scope.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS } from "./fault.ts";
import { inForm, RIGHT_MS } from "./form.ts";
import { viewOf } from "./oracle/journal.ts";
import { expectRight, untilRight } from "./verdict.ts";

setDefaultTimeout(inForm(60_000, 120_000));
const forFile = fileScope();
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});
let redis: Redis;

beforeAll(async () => {
  redis = await startRedis(forFile);
});

const TRAFFIC = { publisherCount: 20, perSecond: inForm(100, 200) };

describe("a node that has just started", () => {
  let young: ClusterNode;
  let crowd: Crowd;

  test("shows its first member everybody, shows everybody this member, and loses nothing in either direction", async () => {
    const bus = redisBus(redis.port, "young:");
    const nodes = await makeNodes(scope, { bus, nodeCount: 3, app: APP_SETTINGS });
    const cluster = new Cluster(nodes);
    const [first, second] = [cluster.node(0), cluster.node(1)];
    young = cluster.node(2);
    await first.start();
    await second.start();
    await cluster.ready();
    // The publishers take the young node from the moment in which it listens.
    crowd = new Crowd(nodes);
    scope.add(() => crowd.leave());
    for (let index = 0; index < 12; index++)
      await crowd.come(`user-${index}`, cluster.node(index % 2));
    crowd.publish(TRAFFIC);
    await young.start();
    const newcomer = await crowd.come("newcomer", young);
    const stay = newcomer.stays.get(crowd.room);
    expect(stay?.roster.length).toBe(13);
    const nobodyLacksIt = (): boolean =>
      crowd.journal.stays.every(
        (each) =>
          each.channel !== crowd.room || each.leftMs !== null || viewOf(each).has("newcomer"),
      );
    const cameMs = performance.now();
    await until(nobodyLacksIt, "everybody to see the newcomer");
    expect(performance.now() - cameMs).toBeLessThan(1000);
    for (let index = 12; index < 20; index++) {
      await crowd.come(`user-${index}`, cluster.node(index % 3));
      await Bun.sleep(inForm(300, 1200));
    }
    await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
    await expectRight(crowd);
  });
});

describe("three nodes", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    const bus = redisBus(redis.port, "storm:");
    cluster = await startCluster(forFile, { bus, nodeCount: 3, app: APP_SETTINGS });
  });

  test("show everybody rightly while very many come and go, and when they have", async () => {
    const crowd = new Crowd(cluster.nodes);
    scope.add(() => crowd.leave());
    await crowd.gather(24, 12);
    crowd.publish(TRAFFIC);
    crowd.visit(inForm(150, 500));
    await Bun.sleep(inForm(6000, 20_000));
    await crowd.endVisits();
    await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
    await expectRight(crowd);
  });

  test("show everybody rightly who comes at once, and when all go at once", async () => {
    const crowd = new Crowd(cluster.nodes, { channels: ["presence-storm"] });
    scope.add(() => crowd.leave());
    await crowd.gather(3, 3);
    const storm = Array.from({ length: inForm(150, 500) }, (_, index) =>
      crowd.come(`storm-${index}`, crowd.anyNode()),
    );
    await Promise.all(storm);
    await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
    for (const observer of crowd.observers)
      if (observer.userId.startsWith("storm-")) observer.terminate();
    await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
    await expectRight(crowd);
  });
});
