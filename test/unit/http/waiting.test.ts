// Routes whose answer needs the cluster, which answers late, with an error, or never.
import { beforeEach, describe, expect, test } from "bun:test";
import { ANSWER_TIMEOUT_MS } from "../../../src/node/ask.ts";
import { signIn } from "../../../src/hub/users.ts";
import { sign } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import type { ClusterAnswer } from "../../../src/node/cluster.ts";
import { SlowCluster } from "../../doubles/node.ts";
import { type Answered, ApiRig } from "./api-rig.ts";

const SILENT: Answered = [503, "Other servers did not answer, try again later\n"];
const EVENT = { name: "e", channel: "a", data: "1" };
const EVENTS = "/apps/3/events";
let cluster: SlowCluster;
let rig: ApiRig;

beforeEach(() => {
  cluster = new SlowCluster();
  rig = new ApiRig(testApp(), cluster);
});

/** Waits until everything has happened that depends only on promises. Reading a body takes more than one turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => void setImmediate(done));
}

describe("a publish", () => {
  test("is delivered at once, and answered when the other nodes are sure to get it", async () => {
    const socket = rig.subscriber("a");
    const answer = rig.call("POST", EVENTS, EVENT);
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    await settled();
    expect([socket.take(), isAnswered]).toEqual([[["e", "1"]], false]);
    cluster.publishes.answer("a", "cluster");
    expect(await answer).toEqual([200, "{}"]);
  });

  test("is answered with 503 if the other nodes cannot get it", async () => {
    const answer = rig.call("POST", EVENTS, EVENT);
    await settled();
    cluster.publishes.fail("a", "The broker is down");
    expect(await answer).toEqual(SILENT);
    expect(rig.reports).toEqual(["Error: The broker is down"]);
  });

  test("is answered with 503 if the cluster throws, and is carried out again then", async () => {
    cluster.publish = () => {
      throw new Error("Not connected");
    };
    const keyed = { ...EVENT, idempotency_key: "k" };
    const batch = [keyed, { ...EVENT, channel: "b" }];
    expect(await rig.call("POST", EVENTS, keyed)).toEqual(SILENT);
    expect(await rig.call("POST", "/apps/3/batch_events", { batch })).toEqual(SILENT);
    expect(rig.reports).toEqual(Array(3).fill("Error: Not connected"));
  });

  test("is answered with 503 if the other nodes do not confirm it in time", async () => {
    const answer = rig.call("POST", EVENTS, EVENT);
    await settled();
    rig.parts.clock.nowMs = ANSWER_TIMEOUT_MS;
    rig.node.tick();
    expect(await answer).toEqual(SILENT);
    expect(rig.reports).toEqual([
      "Error: Cannot publish to other nodes: no answer within 10000 ms",
    ]);
  });

  test("of a batch is answered when all its events are accepted", async () => {
    const batch = [EVENT, { ...EVENT, channel: "b", info: "subscription_count" }];
    rig.subscriber("b");
    const answer = rig.call("POST", "/apps/3/batch_events", { batch });
    await settled();
    cluster.publishes.answer("b", "cluster");
    cluster.publishes.answer("a", "cluster");
    await settled();
    cluster.figureQuestions.answer("b", whole({ subscriptionCount: 7, userCount: 0 }));
    expect(await answer).toEqual([200, '{"batch":[{},{"subscription_count":7}]}']);
  });
});

describe("the figures of an event that was published", () => {
  test("are left out when the other nodes do not tell them: it must not be published again", async () => {
    const socket = rig.subscriber("a");
    const keyed = { ...EVENT, info: "subscription_count", idempotency_key: "k" };
    const first = rig.call("POST", EVENTS, keyed);
    await settled();
    cluster.publishes.answer("a", "cluster");
    await settled();
    cluster.figureQuestions.fail("a", "The broker is down");
    expect(await first).toEqual([200, '{"channels":{"a":{}}}']);
    expect(await rig.call("POST", EVENTS, keyed)).toEqual([200, '{"channels":{"a":{}}}']);
    expect(socket.take()).toHaveLength(1);
  });
});

describe("an idempotency key", () => {
  const KEYED = { ...EVENT, idempotency_key: "k" };

  test("applies while the first publish waits: the repeat gets its answer", async () => {
    const socket = rig.subscriber("a");
    const answers = [rig.call("POST", EVENTS, KEYED), rig.call("POST", EVENTS, KEYED)];
    await settled();
    expect(socket.take()).toHaveLength(1);
    cluster.publishes.answer("a", "cluster");
    expect(await Promise.all(answers)).toEqual([
      [200, "{}"],
      [200, "{}"],
    ]);
    expect([socket.take(), cluster.publishes.names]).toEqual([[], []]);
    expect(rig.hub.counters).toMatchObject({ keyedPublishes: 1, repeatedPublishes: 1 });
  });

  test("can be used by the repeat if the first publish fails", async () => {
    const answers = [rig.call("POST", EVENTS, KEYED), rig.call("POST", EVENTS, KEYED)];
    await settled();
    cluster.publishes.fail("a", "The broker is down");
    await settled();
    cluster.publishes.answer("a", "cluster");
    expect((await Promise.all(answers)).map(([status]) => status)).toEqual([503, 200]);
  });

  test("is shared by an event and an item of a batch", async () => {
    const socket = rig.subscriber("a");
    const first = rig.call("POST", EVENTS, KEYED);
    await settled();
    const second = rig.call("POST", "/apps/3/batch_events", { batch: [KEYED] });
    await settled();
    expect(socket.take()).toHaveLength(1);
    cluster.publishes.answer("a", "cluster");
    expect(await Promise.all([first, second])).toEqual([
      [200, "{}"],
      [200, "{}"],
    ]);
    expect([socket.take(), cluster.publishes.names]).toEqual([[], []]);
  });

  test("is remembered for as long as the app's current setting says", async () => {
    const alone = new ApiRig(testApp({}, { idempotencyTtlMs: 1000 }));
    await alone.call("POST", EVENTS, { ...KEYED, idempotency_key: "other" });
    alone.app = testApp({}, { idempotencyTtlMs: 5000 });
    const socket = alone.subscriber("a");
    await alone.call("POST", EVENTS, KEYED);
    alone.parts.clock.nowMs = 4000;
    await alone.call("POST", EVENTS, KEYED);
    expect(socket.take()).toHaveLength(1);
  });
});

describe("a query", () => {
  test("is answered with the figures of all nodes", async () => {
    const figures = { subscriptionCount: 5, userCount: 3 };
    const channel = rig.call("GET", "/apps/3/channels/presence-a", undefined, "info=user_count");
    await settled();
    cluster.figureQuestions.answer("presence-a", whole(figures));
    expect(await channel).toEqual([200, '{"occupied":true,"user_count":3}']);
    const users = rig.call("GET", "/apps/3/channels/presence-a/users");
    await settled();
    cluster.userQuestions.answer("presence-a", whole(["1", "2"]));
    expect(await users).toEqual([200, '{"users":[{"id":"1"},{"id":"2"}]}']);
    const list = rig.call(
      "GET",
      "/apps/3/channels",
      undefined,
      "filter_by_prefix=presence-&info=user_count",
    );
    await settled();
    cluster.channelQuestions.answer("presence-", whole(new Map([["presence-a", figures]])));
    expect(await list).toEqual([200, '{"channels":{"presence-a":{"user_count":3}}}']);
  });

  test("is answered with 503 if the other nodes do not answer", async () => {
    const answers = [
      rig.call("GET", "/apps/3/channels/a"),
      rig.call("GET", "/apps/3/channels/presence-a/users"),
      rig.call("GET", "/apps/3/channels"),
      rig.call("GET", "/apps/3/channels/a/stats"),
    ];
    await settled();
    rig.parts.clock.nowMs = ANSWER_TIMEOUT_MS;
    rig.node.tick();
    for (const answer of await Promise.all(answers)) expect(answer).toEqual(SILENT);
  });
});

describe("closing a user's connections", () => {
  test("is answered when the other nodes are sure to do it", async () => {
    const socket = rig.socket();
    const userData = '{"id":"7"}';
    const auth = `${KEY}:${sign(SECRET, `${socket.id}::user::${userData}`)}`;
    expect(signIn(rig.hub, socket, { kind: "signin", auth, userData })).toBeNull();
    const path = "/apps/3/users/7/terminate_connections";
    const first = rig.call("POST", path);
    await settled();
    expect(socket.closedWith?.code).toBe(4009);
    cluster.terminates.answer("7", "cluster");
    expect(await first).toEqual([200, "{}"]);
    const second = rig.call("POST", path);
    await settled();
    cluster.terminates.fail("7", "The broker is down");
    expect(await second).toEqual(SILENT);
  });
});

describe("an app that changes", () => {
  test("is limited to its current rate", async () => {
    const alone = new ApiRig(testApp({}, { maxApiEventsPerSecond: 1 }));
    expect((await alone.call("POST", EVENTS, EVENT))[0]).toBe(200);
    expect((await alone.call("POST", EVENTS, EVENT))[0]).toBe(429);
    alone.app = testApp({}, { maxApiEventsPerSecond: 100 });
    // No token is left: the bucket fills at the new rate from now on.
    expect(await alone.call("POST", EVENTS, EVENT)).toEqual([
      429,
      "Too many events: the maximum is 100 a second\n",
    ]);
    alone.parts.clock.nowMs += 50;
    const statuses: number[] = [];
    for (let count = 0; count < 6; count++)
      statuses.push((await alone.call("POST", EVENTS, EVENT))[0]);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  });

  test("and is disabled while a request reads its body refuses the request", async () => {
    const alone = new ApiRig();
    const answer = alone.call("POST", EVENTS, EVENT);
    alone.parts.hub.of(testApp({ enabled: false }));
    expect((await answer)[0]).toBe(403);
  });
});

function whole<Value>(value: Value): ClusterAnswer<Value> {
  return { value, isComplete: true };
}
