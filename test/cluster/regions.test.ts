// Nodes of two regions are one cluster, and what concerns one region only stays there.
import { afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Cluster, makeNodes } from "../harness/cluster.ts";
import { fileScope, Scope } from "../harness/scope.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS, passing, underLoad } from "./fault.ts";
import { inForm } from "./form.ts";
import { Lane } from "./oracle/lane.ts";
import { busOf, bytesBetween, join, part, type Region, startRegions } from "./regions.ts";
import { expectRight } from "./verdict.ts";

setDefaultTimeout(inForm(90_000, 180_000));
const forFile = fileScope();
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

let regions: readonly [Region, Region];
let cluster: Cluster;
const PUBLISH_COUNT = 200;
const PADDING = "x".repeat(2000);
/** Longer than a node keeps a topic whose last subscriber has gone. */
const QUIET_MS = 3000;

beforeAll(async () => {
  regions = await startRegions(forFile);
  const [east, west] = regions;
  const settings = { nodeCount: 2, app: APP_SETTINGS };
  cluster = new Cluster([
    ...(await makeNodes(forFile, { ...settings, bus: busOf(east) })),
    ...(await makeNodes(forFile, { ...settings, bus: busOf(west), firstName: "m" })),
  ]);
  for (const node of cluster.nodes) await node.start();
  await cluster.ready();
});

test("a load of users in both regions sees everything once, and one roster", async () => {
  await underLoad(scope, cluster, () =>
    passing(
      inForm(3000, 15_000),
      () => {},
      () => {},
    ),
  );
});

test("a channel whose subscribers are in one region sends nothing to the other for its messages", async () => {
  const [a] = cluster.nodes;
  if (a === undefined) throw new Error("Cannot publish: there is no node");
  const crowd = new Crowd(cluster.nodes.slice(0, 2), { channels: ["east-only"] });
  scope.add(() => crowd.leave());
  await crowd.gather(4, 0);
  // A gateway passes the first message of a subject on, and learns from the answer that nobody wants it.
  const lane = new Lane("p", a);
  await lane.publish(crowd.journal, "east-only");
  await Bun.sleep(QUIET_MS);

  const quiet = await passed(() => Bun.sleep(QUIET_MS));
  const busy = await passed(async () => {
    const startMs = performance.now();
    for (let count = 0; count < PUBLISH_COUNT; count++)
      await lane.publish(crowd.journal, "east-only", PADDING);
    await Bun.sleep(Math.max(0, QUIET_MS - (performance.now() - startMs)));
  });
  expect(busy).toBeLessThan(1.5 * quiet + 2 * PADDING.length);

  const west = cluster.node(3);
  const listener = await crowd.connect("west", west);
  const stay = await listener.subscribe("east-only");
  const across = await passed(async () => {
    for (let count = 0; count < 20; count++)
      await lane.publish(crowd.journal, "east-only", PADDING);
    await Bun.sleep(QUIET_MS);
  });
  expect(stay.arrivals.length).toBe(20);
  expect(across).toBeGreaterThan(20 * PADDING.length);
  lane.close();
  await expectRight(crowd);
});

test("the regions are parted: nobody is announced as gone, and both agree afterwards", async () => {
  await underLoad(scope, cluster, () =>
    passing(
      inForm(10_000, 40_000),
      () => part(regions),
      () => join(regions),
    ),
  );
});

/** The bytes that go between the regions meanwhile. */
async function passed(meanwhile: () => Promise<void>): Promise<number> {
  const before = bytesBetween(regions);
  await meanwhile();
  return bytesBetween(regions) - before;
}
