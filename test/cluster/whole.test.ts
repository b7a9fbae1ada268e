// A cluster in which nothing breaks is one server: whatever node a client or an application comes to, it sees
// the same.
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { call, post, publish } from "../harness/api.ts";
import type { Cluster, ClusterNode } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { type HookEvent, HookReceiver } from "../harness/hook-receiver.ts";
import { connectRaw, RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { parseObject } from "../harness/json.ts";
import { fileScope, type Scope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import type { Server } from "../harness/server.ts";
import { APP, resource } from "../harness/target.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS } from "./fault.ts";
import { inForm, LOAD, RIGHT_MS } from "./form.ts";
import { expectNone } from "./oracle/complaint.ts";
import { judgeWebhooks } from "./oracle/hooks.ts";
import { SYSTEMS } from "./systems.ts";
import { expectRight, untilRight } from "./verdict.ts";

setDefaultTimeout(inForm(60_000, 120_000));

/** The most connections of the app that has a quota. */
const QUOTA = 12;
const LIMITED = { id: "4712", key: "limited-key", secret: "limited-secret" };
/** Webhooks tell of a leave so late. */
const LEAVE_DELAY_MS = 3000;

describe.each(Object.keys(SYSTEMS))("%s", (name) => {
  const forFile = fileScope();
  const library = serverLibrary({ host: "127.0.0.1", port: 0, ...APP });
  let cluster: Cluster;
  let receiver: HookReceiver;

  /** A node for each index: with workers it is always the one server. */
  const node = (index: number): ClusterNode => cluster.node(index % cluster.nodes.length);
  const server = (index: number): Server => node(index).server;

  beforeAll(async () => {
    receiver = new HookReceiver(forFile, library);
    const start = SYSTEMS[name];
    if (start === undefined) throw new Error(`Cannot start "${name}": it is not in the table`);
    const webhooks = [{ url: receiver.origin, event_types: HOOKS }];
    const apps = [
      { ...APP, enable_client_messages: true, ...APP_SETTINGS, webhooks },
      { ...LIMITED, max_connections: QUOTA },
    ];
    const hooks = { allow_private_addresses: true, batching: { enabled: false } };
    cluster = await start(forFile, { config: { apps, webhooks: hooks } });
  });

  test("carries a load of users who come, go, publish and send client events", async () => {
    const crowd = new Crowd(cluster.nodes);
    forFile.add(() => crowd.leave());
    await crowd.gather(LOAD.userCount, LOAD.secondTabCount);
    crowd.publish(LOAD);
    crowd.visit(12);
    const endMs = performance.now() + inForm(4000, 20_000);
    while (performance.now() < endMs) {
      for (const observer of crowd.observers)
        if (!observer.userId.startsWith("visitor-")) observer.clientEvent(crowd.room);
      await Bun.sleep(500);
    }
    await crowd.endVisits();
    await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
    await expectRight(crowd);
    const delivered = crowd.journal.stays.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
    expect(delivered).toBeGreaterThan(10_000);
    crowd.leave();
  });

  test.concurrent(
    "tells watchlists across nodes who is online, and who comes and goes",
    async () => {
      const crowd = new Crowd(cluster.nodes);
      forFile.add(() => crowd.leave());
      const users = Array.from({ length: 6 }, (_, index) => `friend-${index}`);
      await Promise.all(
        users.map(async (userId, index) => {
          const observer = await crowd.connect(userId, node(index));
          await observer.signIn(users.filter((other) => other !== userId));
        }),
      );
      await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
      for (const observer of crowd.observers)
        if (/[135]$/.test(observer.userId)) await observer.close();
      await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
      const tabs = [
        await crowd.connect("friend-0", node(1)),
        await crowd.connect("friend-1", node(2)),
      ];
      for (const tab of tabs) await tab.signIn();
      await untilRight(crowd, cluster.nodes, performance.now(), RIGHT_MS);
      await expectRight(crowd);
    },
  );

  test.concurrent(
    "sends to all connections of a user, and ends them, whatever node is asked",
    async () => {
      const tabs = await Promise.all([0, 1, 2, 3].map((index) => signedIn(server(index), "ada")));
      const other = await signedIn(server(1), "bob");
      await publish(server(2), { name: "note", channel: "#server-to-user-ada", data: "{}" });
      for (const tab of tabs) {
        await tab.frames.takeUntil(({ event }) => event === "note");
        expect(await tab.received()).toEqual([]);
      }
      expect(await other.received()).toEqual([]);
      const closings = tabs.map((tab) => tab.closed());
      const answer = await post(server(2), "/users/ada/terminate_connections", {});
      expect(answer.status).toBe(200);
      for (const closing of closings) expect((await closing).code).toBe(4009);
      await other.received();
      expect(other.isOpen).toBe(true);
    },
  );

  test.concurrent("counts the subscriptions of all nodes", async () => {
    const crowd = new Crowd(cluster.nodes, { channels: ["counted"] });
    forFile.add(() => crowd.leave());
    await crowd.gather(9, 0);
    const countedOf = async (index: number): Promise<unknown> => {
      const parameters = { info: "subscription_count" };
      const path = resource(`/channels/counted`);
      const answer = await call(server(index), "GET", path, { signing: { parameters } });
      return parseObject(await answer.text())["subscription_count"];
    };
    for (const index of [0, 1, 2])
      await until(async () => (await countedOf(index)) === 9, "nine subscriptions");
    await expectRight(crowd);
    expect(crowd.journal.stays.map(({ count }) => count)).toEqual(Array(9).fill(9));
  });

  test.concurrent("gives a subscriber on any node the last event of a cache channel", async () => {
    const early = await subscribeRaw(forFile, server(0), "cache-price");
    await publish(server(1), { name: "price", channel: "cache-price", data: "1" });
    await publish(server(1), { name: "price", channel: "cache-price", data: "2" });
    await early.client.frames.takeUntil(({ data }) => data === "2");
    for (const index of [0, 1, 2, 3, 4, 5]) {
      const { client } = await connectRaw(forFile, server(index));
      client.subscribe({ auth: "", channel: "cache-price" });
      await client.frames.takeUntil(({ event }) => event === SUCCEEDED);
      const seen = await client.received();
      expect(seen.flatMap(({ event, data }) => (event === "price" ? [data] : []))).toEqual(["2"]);
    }
  });

  test.concurrent("lets only so many connections of an app in, over all nodes", async () => {
    const clients: RawClient[] = [];
    for (let index = 0; index < QUOTA; index++)
      clients.push((await connectRaw(forFile, { ...server(index), ...LIMITED })).client);
    // A node hears a little later of the connections of others.
    await until(
      async () => await isRefused(forFile, { ...server(QUOTA), ...LIMITED }),
      "a refusal",
    );
    for (const index of [0, 1, 2])
      expect(await isRefused(forFile, { ...server(index), ...LIMITED })).toBe(true);
    await clients.pop()?.leave();
    await until(async () => !(await isRefused(forFile, { ...server(1), ...LIMITED })), "a place");
  });

  test.concurrent("tells of each transition in exactly one webhook", async () => {
    const crowd = new Crowd(cluster.nodes, { channels: ["presence-hooks"] });
    forFile.add(() => crowd.leave());
    await crowd.gather(12, 6);
    for (const observer of crowd.observers)
      if (/[05]$/.test(observer.userId)) await observer.close();
    await crowd.calm();
    await Bun.sleep(LEAVE_DELAY_MS + 2000);
    const events: readonly HookEvent[] = receiver.hooks
      .take()
      .flatMap((hook) => hook.events)
      .filter(({ channel }) => channel === "presence-hooks");
    expectNone(judgeWebhooks(events, crowd.journal), "in the webhooks");
    crowd.leave();
    await Bun.sleep(LEAVE_DELAY_MS + 2000);
    const later = receiver.hooks.take().flatMap((hook) => hook.events);
    const all = [...events, ...later.filter(({ channel }) => channel === "presence-hooks")];
    expectNone(judgeWebhooks(all, crowd.journal), "in the webhooks");
  });

  /** A client that is signed in and listens to what is sent to its user, as pusher-js does. */
  async function signedIn(to: Server, id: string): Promise<RawClient> {
    const { client, socketId } = await connectRaw(forFile, to);
    client.signIn(library.authenticateUser(socketId, { id }));
    await client.frames.takeUntil(({ event }) => event === "pusher:signin_success");
    client.subscribe({ auth: "", channel: `#server-to-user-${id}` });
    await client.received();
    return client;
  }
});

const HOOKS = ["channel_occupied", "channel_vacated", "member_added", "member_removed"];

/** What a connection is closed with that is one too many. */
const OVER_QUOTA = 4004;
const SUCCEEDED = "pusher_internal:subscription_succeeded";

/** Whether the server refuses one more connection; it is not kept. */
async function isRefused(scope: Scope, to: Server): Promise<boolean> {
  const client = new RawClient(scope, to);
  const closed = client.closed();
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  await until(() => isClosed || client.frames.take().length > 0, "an answer to a connection");
  client.terminate();
  return (await closed).code === OVER_QUOTA;
}
