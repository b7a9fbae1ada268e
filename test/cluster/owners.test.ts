// Webhooks over changes of the nodes: who tells of a channel changes with them, and nothing is told twice or
// not at all.
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { startRedis } from "../harness/brokers/redis.ts";
import { redisBus } from "../harness/buses.ts";
import { Cluster, makeNodes } from "../harness/cluster.ts";
import { type HookEvent, HookReceiver } from "../harness/hook-receiver.ts";
import { Scope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { APP } from "../harness/target.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS } from "./fault.ts";
import { RIGHT_AFTER_DEATH_MS, RIGHT_MS } from "./form.ts";
import { expectNone } from "./oracle/complaint.ts";
import { judgeWebhooks } from "./oracle/hooks.ts";
import { untilRight } from "./verdict.ts";

setDefaultTimeout(60_000);
const library = serverLibrary({ host: "127.0.0.1", port: 0, ...APP });
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

/** Later than a leave is told of, and than the request takes. */
const TOLD_MS = 5000;
/** Many, so that every node tells of some. */
const CHANNELS = Array.from({ length: 24 }, (_, index) => `presence-${index}`);

let cluster: Cluster;
let crowd: Crowd;
let receiver: HookReceiver;
const events: HookEvent[] = [];

beforeEach(async () => {
  const redis = await startRedis(scope);
  receiver = new HookReceiver(scope, library);
  const event_types = ["channel_occupied", "channel_vacated", "member_added", "member_removed"];
  const app = { ...APP_SETTINGS, webhooks: [{ url: receiver.origin, event_types }] };
  const config = { webhooks: { allow_private_addresses: true, batching: { enabled: false } } };
  const bus = redisBus(redis.port);
  cluster = new Cluster(await makeNodes(scope, { bus, nodeCount: 3, app, config }));
  for (const node of cluster.nodes.slice(0, 2)) await node.start();
  await cluster.ready();
  crowd = new Crowd(cluster.nodes.slice(0, 1), { channels: CHANNELS });
  events.length = 0;
  scope.add(() => crowd.leave());
});

/** Waits for the webhooks, and judges all of them. @throws when one is wrong. */
async function expectTold(): Promise<void> {
  await Bun.sleep(TOLD_MS);
  events.push(...receiver.hooks.take().flatMap((hook) => hook.events));
  expectNone(judgeWebhooks(events, crowd.journal), "in the webhooks");
}

test("a node that ends has told of its channels, and no other tells of them again", async () => {
  await crowd.gather(3, 0);
  await untilRight(crowd, cluster.up, performance.now(), RIGHT_MS);
  await cluster.node(1).drain();
  await expectTold();
  crowd.leave();
  await expectTold();
});

test("a node that is killed has told of its channels, and no other tells of them again", async () => {
  await crowd.gather(3, 0);
  await untilRight(crowd, cluster.up, performance.now(), RIGHT_MS);
  await Bun.sleep(TOLD_MS);
  await cluster.node(1).kill();
  await untilRight(crowd, cluster.up, performance.now(), RIGHT_AFTER_DEATH_MS);
  await expectTold();
  crowd.leave();
  await expectTold();
});

test("a node that is new does not tell of what others have told of", async () => {
  await crowd.gather(3, 0);
  await untilRight(crowd, cluster.up, performance.now(), RIGHT_MS);
  await cluster.node(2).start();
  await expectTold();
  crowd.leave();
  await expectTold();
  expect(events.length).toBe(2 * CHANNELS.length * 4);
});

test("nodes that end at once tell of each transition once", async () => {
  crowd = new Crowd(cluster.nodes.slice(0, 2), { channels: CHANNELS, lostForGood: 1 });
  await crowd.gather(4, 2);
  await untilRight(crowd, cluster.up, performance.now(), RIGHT_MS);
  await Promise.all([cluster.node(0).drain(), cluster.node(1).drain()]);
  await crowd.calm();
  await expectTold();
});
