// Admission with a store that answers late, never, or with an error. The connection is judged by
// what applies when the answer is there, and a client that must be refused is upgraded first and
// then closed.
import { beforeEach, describe, expect, test } from "bun:test";
import type { Apps } from "../../../src/apps/apps.ts";
import { LOOK_UP_TIMEOUT_MS } from "../../../src/node/apps.ts";
import type { Node } from "../../../src/node/node.ts";
import type { App } from "../../../src/protocol/app.ts";
import { isFault } from "../../../src/protocol/faults.ts";
import { AddressLimiter } from "../../../src/session/addresses.ts";
import type { Admission, AdmissionLimits, Verdict } from "../../../src/session/admission.ts";
import { testApp } from "../../doubles/app.ts";
import { TestTransport } from "../../doubles/transport.ts";
import { AdmissionRig, upgradeRequest } from "./admission-rig.ts";

/** A store that answers when the test says so. */
class SlowApps implements Apps {
  readonly #asked: PromiseWithResolvers<App | null>[] = [];

  byKey(): Promise<App | null> {
    const question = Promise.withResolvers<App | null>();
    this.#asked.push(question);
    return question.promise;
  }

  byId(): Promise<App | null> {
    return this.byKey();
  }

  /** Answers the oldest question, or the one that is `behind` places after it. */
  answer(app: App | null, behind = 0): void {
    this.#asked.splice(behind, 1)[0]?.resolve(app);
  }

  fail(): void {
    this.#asked.shift()?.reject(new Error("The store is down"));
  }

  answerAll(app: App): void {
    while (this.#asked.length > 0) this.answer(app);
  }
}

let rig: AdmissionRig;
let apps: SlowApps;
let node: Node;
let admission: Admission;
let transports: TestTransport[];

beforeEach(() => {
  rig = new AdmissionRig();
  apps = new SlowApps();
  node = rig.node(apps);
  begin();
});

function begin(limits: Partial<AdmissionLimits> = {}): void {
  transports = [];
  ({ admission } = rig.admission(node, limits));
}

function openCount(): number {
  return [...rig.parts.hub.sockets()].length;
}

/** Connects as the server does: the connection counts as open when `open` returns. */
async function connect(): Promise<TestTransport> {
  return admission.admit(upgradeRequest({ openCount }), (verdict: Verdict) => {
    if (isFault(verdict)) throw new Error(`Not even refused by a close frame: ${verdict.message}`);
    const transport = new TestTransport(verdict);
    verdict.opened(transport);
    transports.push(transport);
    return transport;
  });
}

describe("Admission, if the app store makes it wait,", () => {
  test("admits a client whose app is found late", async () => {
    const connecting = connect();
    apps.answer(testApp());
    expect((await connecting).closeFrame).toBeNull();
  });

  test("admits no more than the capacity, however many wait", async () => {
    begin({ capacity: 2 });
    const connecting = [connect(), connect()];
    // Waiting connections occupy descriptors too.
    expect((await connect()).closeFrame?.[0]).toBe(4100);
    apps.answerAll(testApp());
    await Promise.all(connecting);
    expect(openCount()).toBe(2);
  });

  test("checks the capacity when the app is there", async () => {
    begin({ capacity: 1 });
    const early = connect();
    const socket = await rig.connect();
    expect(socket.closeFrame).toBeNull();
    apps.answer(testApp());
    expect((await early).closeFrame?.[0]).toBe(4100);
  });

  test("admits no more than the app's quota, however many wait", async () => {
    const connecting = [connect(), connect(), connect()];
    apps.answerAll(testApp({}, { maxConnections: 2 }));
    const codes = (await Promise.all(connecting)).map(({ closeFrame }) => closeFrame?.[0] ?? 0);
    expect(codes).toEqual([0, 0, 4004]);
  });

  test("sends a client elsewhere if the node has begun to drain in the meantime", async () => {
    const connecting = connect();
    node.draining = true;
    apps.answer(testApp());
    expect((await connecting).closeFrame?.[0]).toBe(4200);
  });

  test("closes a client with 4100 if the look-up fails, so that it reconnects", async () => {
    const connecting = connect();
    apps.fail();
    expect((await connecting).closeFrame).toEqual([
      4100,
      "Application could not be looked up, try again later",
    ]);
  });

  test("closes a client with 4100 if the store throws, and counts it for its address no more", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    begin();
    apps.byKey = () => {
      throw new Error("The file is locked");
    };
    for (let turn = 0; turn < 2; turn++) {
      const transport = await connect();
      expect(transport.closeFrame?.[0]).toBe(4100);
      transport.end(1000);
    }
  });

  test("closes a client with 4100 if no answer comes in time, and ignores a later one", async () => {
    const connecting = connect();
    rig.parts.clock.nowMs = LOOK_UP_TIMEOUT_MS;
    node.tick();
    expect((await connecting).closeFrame?.[0]).toBe(4100);
    apps.answer(testApp());
    await Promise.resolve();
    expect([openCount(), transports.length, node.deadlines.size]).toEqual([0, 1, 0]);
  });

  test("counts a client for its address until it ends, however the look-up ends", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    begin();
    const first = connect();
    expect((await connect()).closeFrame?.[0]).toBe(4100);
    apps.fail();
    await first;
    const second = connect();
    apps.answer(null);
    expect((await second).closeFrame?.[0]).toBe(4001);
    const third = connect();
    apps.answer(testApp());
    expect((await third).closeFrame).toBeNull();
  });
});

describe("LiveApps", () => {
  test("a disabled app gets no hub because a client tries its key", async () => {
    const connecting = connect();
    apps.answer(testApp({ enabled: false }));
    expect((await connecting).closeFrame?.[0]).toBe(4003);
    expect([...rig.parts.hub.apps]).toEqual([]);
  });

  test("changed limits of an app apply to connections that are open", async () => {
    const connecting = connect();
    apps.answer(testApp({}, { maxSubscriptions: 1 }));
    const { connection, sent } = await connecting;
    const looking = node.apps.byId("3");
    apps.answer(testApp({}, { maxSubscriptions: 2 }));
    await looking;
    sent.length = 0;
    for (const channel of ["a", "b", "c"])
      connection.received(JSON.stringify({ event: "pusher:subscribe", data: { channel } }));
    expect(sent.map((frame) => JSON.parse(frame).event)).toEqual([
      "pusher_internal:subscription_succeeded",
      "pusher_internal:subscription_succeeded",
      "pusher:error",
    ]);
  });

  test("a changed rate of client events applies to connections that have sent some", async () => {
    const connecting = connect();
    apps.answer(testApp({}, { maxClientEventsPerSecond: 1 }));
    const { connection, sent } = await connecting;
    sent.length = 0;
    // Refused because of the channel, but only after it has counted towards the rate.
    const send = (): void =>
      connection.received('{"event":"client-e","channel":"private-a","data":{}}');
    send();
    const looking = node.apps.byId("3");
    apps.answer(testApp({}, { maxClientEventsPerSecond: 2 }));
    await looking;
    rig.parts.clock.nowMs = 1000;
    send();
    rig.parts.clock.nowMs = 2000;
    for (let count = 0; count < 3; count++) send();
    const codes = sent.map((frame) => JSON.parse(frame).data.code);
    expect(codes).toEqual([null, null, null, null, 4301]);
  });

  test("the result of an older look-up does not undo that of a newer one", async () => {
    const older = node.apps.byId("3");
    const newer = node.apps.byId("3");
    const [changed, former] = [testApp({}, { maxSubscriptions: 2 }), testApp()];
    apps.answer(changed, 1);
    await newer;
    apps.answer(former);
    expect((await older)?.app).toBe(changed);
  });

  test("the result of an older look-up does not undo that of a newer one that had its answer at once", async () => {
    const older = node.apps.byId("3");
    const changed = testApp({}, { maxSubscriptions: 2 });
    Object.assign(apps, { byId: () => changed });
    await node.apps.byId("3");
    apps.answer(testApp());
    expect((await older)?.app).toBe(changed);
  });
});
