import { beforeEach, describe, expect, test } from "bun:test";
import { memoryApps } from "../../../src/apps/memory.ts";
import type { Socket } from "../../../src/hub/socket.ts";
import type { App, AppLimits } from "../../../src/protocol/app.ts";
import { CLOSE, type Fault, isFault, type LimitName } from "../../../src/protocol/faults.ts";
import { AddressLimiter } from "../../../src/session/addresses.ts";
import {
  Admission,
  type AdmissionLimits,
  type AdmissionParts,
  type UpgradeRequest,
} from "../../../src/session/admission.ts";
import { AuthorisationQueue } from "../../../src/session/authorisation.ts";
import { closeSpread } from "../../../src/session/drain.ts";
import { HandshakeLimit } from "../../../src/session/handshakes.ts";
import { LivenessWheel } from "../../../src/session/liveness.ts";
import { Mailboxes } from "../../../src/session/mailboxes.ts";
import { RecentCount } from "../../../src/session/recent-count.ts";
import { RefusalAllowance } from "../../../src/session/refusals.ts";
import type { SessionContext } from "../../../src/session/session.ts";
import { type MayBeSlow, SlowSearch } from "../../../src/session/slow.ts";
import { Steps } from "../../../src/session/steps.ts";
import { Windows } from "../../../src/session/windows.ts";
import { KEY, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";
import { TestWire } from "../../doubles/wire.ts";

let parts: TestHub;
let sessions: SessionContext;
let addresses: AddressLimiter | null;
let closing: RecentCount;
let refusals: RefusalAllowance;

beforeEach(() => {
  parts = testHub();
  addresses = null;
  const nowMs = (): number => parts.clock.nowMs;
  closing = new RecentCount(4000, nowMs);
  refusals = new RefusalAllowance({ perSecond: 2, maxHeld: 15 }, nowMs);
  sessions = {
    liveness: new LivenessWheel({ activityTicks: 120, pongTicks: 30 }),
    authorisation: new AuthorisationQueue(10),
    activityTimeoutSeconds: 120,
    rates: {
      maxFrames: 5,
      maxBytes: 10_000,
      maxControlFrames: 3,
      maxSubscriptions: Infinity,
      maxAnswerBytes: Infinity,
    },
    windows: new Windows(),
    mailboxes: new Mailboxes({ maxBytes: 10_000, maxTotalBytes: 20_000 }),
    steps: new Steps({ nowMs: () => 0, later: (action) => action() }),
    suspect: () => {},
    nowMs: () => parts.clock.nowMs,
    departed: (address, isClosing) => {
      if (address !== "") addresses?.leave(address);
      if (isClosing) closing.add();
    },
  };
});

/** Connects and returns the wire, with what came out of it. */
async function connect(
  given: Partial<UpgradeRequest> = {},
  app: App = testApp(),
  limits: Partial<AdmissionLimits> = {},
): Promise<TestWire> {
  const { verdict, refused, limitHits } = await admit(given, app, limits);
  if (isFault(verdict)) throw new Error(`Not even refused by a close frame: ${verdict.message}`);
  const wire = new TestWire(verdict, { refused, limitHits });
  verdict.opened(wire);
  return wire;
}

/** What becomes of an upgrade, and what was noted. */
async function admit(
  given: Partial<UpgradeRequest> = {},
  app: App = testApp(),
  limits: Partial<AdmissionLimits> = {},
  byKey: AdmissionParts["byKey"] = (key) => memoryApps([app]).byKey(key),
) {
  const refused: Fault[] = [];
  const limitHits: LimitName[] = [];
  const admission = new Admission({
    hub: parts.hub,
    byKey,
    sessions,
    nextSocketId: () => `1.${parts.hub.of(app).sockets.size + 1}`,
    limits: {
      capacity: Infinity,
      descriptors: Infinity,
      closing,
      refusals,
      handshakes: null,
      addresses,
      ...limits,
    },
    refused: (fault) => void refused.push(fault),
    limitHit: (limit) => void limitHits.push(limit),
  });
  const verdict = await admission.admit({
    path: `/app/${KEY}`,
    query: "protocol=7&client=js&version=8.6.0",
    listener: 0,
    origin: null,
    address: "192.0.2.1",
    openCount: 0,
    ...given,
  });
  return { verdict, refused, limitHits };
}

describe("Admission", () => {
  test("gives the handshake frame of the live service", async () => {
    const wire = await connect();
    expect(wire.sent).toEqual([
      '{"event":"pusher:connection_established","data":"{\\"socket_id\\":\\"1.1\\",\\"activity_timeout\\":120}"}',
    ]);
  });

  test.each([
    [
      { path: "/app/other" },
      4001,
      "App key other not in this cluster. Did you forget to specify the cluster?",
    ],
    [{ path: "/app/" }, 4005, "Path not found"],
    [{ path: "/app/a/b" }, 4005, "Path not found"],
    [{ path: "/nothing" }, 4005, "Path not found"],
    [{ query: "" }, 4008, "No protocol version supplied"],
    [{ query: "protocol=8" }, 4007, "Unsupported protocol version: 8"],
    [{ query: "protocol=7&version=x" }, 4006, "Invalid version string format"],
  ])("refuses %j with %i, by a close frame alone", async (given, code, reason) => {
    const wire = await connect(given);
    expect([wire.sent, wire.closeFrame]).toEqual([[], [code, reason]]);
  });

  test("tells protocols 4 and 5 by an event before the close frame", async () => {
    const wire = await connect({ path: "/app/other", query: "protocol=5" });
    expect(wire.sent).toEqual([
      '{"event":"pusher:error","data":{"code":4001,"message":"App key other not in this cluster. Did you forget to specify the cluster?"}}',
    ]);
    expect(wire.closeFrame?.[0]).toBe(4001);
  });

  const limit = (limits: Partial<AppLimits>): App => testApp({}, limits);
  test.each([
    ["a disabled app", testApp({ enabled: false }), {}, {}, 4003],
    ["an app over its quota", limit({ maxConnections: 0 }), {}, {}, 4004],
    [
      "a foreign origin",
      testApp({ allowedOrigins: ["a.example"] }),
      { origin: "https://b.example" },
      {},
      4009,
    ],
    ["a full node", testApp(), { openCount: 10 }, { capacity: 10 }, 4100],
    ["too many handshakes", testApp(), {}, { handshakes: new HandshakeLimit(0, () => 0) }, 4100],
  ])("refuses for %s", async (_name, app, given, limits, code) => {
    expect((await connect(given, app, limits)).closeFrame?.[0]).toBe(code);
  });

  test("lets those in who send no origin", async () => {
    const app = testApp({ allowedOrigins: ["a.example"] });
    expect((await connect({}, app)).closeFrame).toBeNull();
    expect((await connect({ origin: "https://a.example" }, app)).closeFrame).toBeNull();
  });

  test("counts connections by address until they end", async () => {
    addresses = new AddressLimiter(
      { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 },
      () => 0,
    );
    const first = await connect();
    const second = await connect();
    expect([first.closeFrame, second.closeFrame?.[0]]).toEqual([null, 4100]);
    first.connection.closed(1000);
    // Refused ones count, too.
    const third = await connect();
    expect(third.closeFrame?.[0]).toBe(4100);
    second.connection.closed(4100);
    third.connection.closed(4100);
    expect((await connect()).closeFrame).toBeNull();
    expect([second.limitHits, second.refused]).toEqual([["address_connections"], []]);
  });

  test("judges the address before the node, the path and the key", async () => {
    const limits = { maxConnections: 0, maxHandshakes: Infinity, windowMs: 1 };
    addresses = new AddressLimiter(limits, () => 0);
    const { limitHits, refused } = await connect({ path: "/app/other" }, testApp(), {
      capacity: 0,
    });
    expect([limitHits, refused]).toEqual([["address_connections"], []]);
  });

  test("counts a client by its address or its network, however that is written", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    addresses = new AddressLimiter(limits, () => 0);
    const codes = [];
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:DB8::2"])
      codes.push((await connect({ address })).closeFrame?.[0]);
    expect(codes).toEqual([undefined, 4100, undefined, 4100]);
  });

  test("takes handshakes of the node from those alone who are let in", async () => {
    const handshakes = new HandshakeLimit(1, () => 0);
    for (const given of [{ path: "/app/other" }, { query: "" }, { path: "/" }])
      expect((await connect(given, testApp(), { handshakes })).closeFrame).not.toBeNull();
    expect((await connect({}, testApp(), { handshakes })).closeFrame).toBeNull();
    expect((await connect({}, testApp(), { handshakes })).closeFrame?.[0]).toBe(4100);
  });

  test("refuses by a close frame no more of one address than it may, and counts none of the others", async () => {
    const limits = { maxConnections: 11, maxHandshakes: Infinity, windowMs: 1 };
    addresses = new AddressLimiter(limits, () => 0);
    const wrong = { path: "/app/other" };
    const wires = [];
    for (let count = 0; count < 10; count++) wires.push(await connect(wrong));
    const { verdict, limitHits } = await admit(wrong);
    expect(verdict).toMatchObject({ kind: "fault", status: 429, limit: "refusal_rate" });
    expect(limitHits).toEqual([]);
    // Others of the address are let in as before.
    expect((await connect()).closeFrame).toBeNull();
    expect((await connect({ ...wrong, address: "192.0.2.2" })).closeFrame?.[0]).toBe(4001);
    parts.clock.nowMs += 500;
    expect(isFault((await admit(wrong)).verdict)).toBe(false);
    expect(isFault((await admit(wrong)).verdict)).toBe(true);
  });

  test("refuses by a close frame no more at once than there is room for", async () => {
    const wrong = { path: "/app/other" };
    for (let count = 0; count < 15; count++)
      await connect({ ...wrong, address: `192.0.2.${count}` });
    expect((await admit({ ...wrong, address: "198.51.100.1" })).verdict).toMatchObject({
      status: 429,
      limit: "refusals_held",
    });
    parts.clock.nowMs += 4500;
    expect((await connect({ ...wrong, address: "198.51.100.1" })).closeFrame?.[0]).toBe(4001);
  });

  test("counts those it has closed and that may not have left against the descriptors", async () => {
    const limits = { descriptors: 2 };
    const closed = await connect({ openCount: 0 }, testApp(), limits);
    closed.connection.receivedBinary();
    closed.connection.closed(1003);
    const left = await connect({ openCount: 0 }, testApp(), limits);
    left.connection.closed(1000);
    expect((await connect({ openCount: 0 }, testApp(), limits)).closeFrame).toBeNull();
    expect((await connect({ openCount: 1 }, testApp(), limits)).closeFrame?.[0]).toBe(4100);
    parts.clock.nowMs += 4500;
    expect((await connect({ openCount: 1 }, testApp(), limits)).closeFrame).toBeNull();
  });

  test("counts nobody any more whose app cannot be looked up", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    addresses = new AddressLimiter(limits, () => 0);
    const failed = await admit({}, testApp(), {}, () => Promise.reject(new Error("No apps"))).catch(
      String,
    );
    expect(failed).toBe("Error: No apps");
    expect((await connect()).closeFrame).toBeNull();
  });

  test("counts nobody by address who comes by a Unix socket and no proxy", async () => {
    addresses = new AddressLimiter(
      { maxConnections: 1, maxHandshakes: 1, windowMs: 1000 },
      () => 0,
    );
    for (let count = 0; count < 3; count++)
      expect((await connect({ address: "" })).closeFrame).toBeNull();
  });
});

describe("Session", () => {
  test("closes who sends more frames than may be in a second", async () => {
    const wire = await connect();
    for (let count = 0; count < 5; count++) wire.connection.received('{"event":"pusher:ping"}');
    expect(wire.closeFrame).toBeNull();
    wire.connection.received('{"event":"pusher:ping"}');
    expect(wire.closeFrame?.[0]).toBe(4100);
    wire.connection.received('{"event":"pusher:ping"}');
    expect(wire.sent).toHaveLength(6);
  });

  test("closes who sends more control frames than may be in a second", async () => {
    const wire = await connect();
    for (let second = 0; second < 3; second++) {
      for (let count = 0; count < 3; count++) wire.connection.touched();
      sessions.windows.next();
    }
    expect(wire.closeFrame).toBeNull();
    for (let count = 0; count < 4; count++) wire.connection.touched();
    expect(wire.closeFrame?.[0]).toBe(4100);
  });

  test("closes who reads too slowly, and ends who does not answer the close frame", async () => {
    const wire = await connect();
    wire.connection.received('{"event":"pusher:subscribe","data":{"channel":"a"}}');
    wire.buffered = 499;
    const search = new SlowSearch(
      () => [...parts.hub.sockets()].filter(isSlowable),
      { nowMs: () => 0, later: (action) => action() },
      Infinity,
    );
    search.published(1, -1);
    expect(wire.closeFrame).toBeNull();
    wire.buffered = 1000;
    search.published(1, -1);
    expect([wire.closeFrame, wire.topics.size]).toEqual([null, 0]);
    parts.clock.nowMs = 5000;
    search.published(1, -1);
    expect(wire.closeFrame?.[0]).toBe(4100);
    expect(wire.topics.size).toBe(0);
    for (let tick = 0; tick < 5; tick++) sessions.liveness.advance();
    expect(wire.terminated).toBe(true);
  });

  test("closes binary frames with 1003", async () => {
    const wire = await connect();
    wire.connection.receivedBinary();
    expect(wire.closeFrame).toEqual([1003, "Binary messages are not supported"]);
  });

  test("drops client events over the rate and stays open", async () => {
    const wire = await connect({}, testApp({}, { maxClientEventsPerSecond: 2 }));
    for (let count = 0; count < 3; count++)
      wire.connection.received('{"event":"client-x","channel":"private-a","data":1}');
    expect(wire.sent.at(-1)).toContain('"code":4301');
    expect(wire.closeFrame).toBeNull();
  });

  test("counts closes by what was meant, and leaves nothing behind", async () => {
    const wire = await connect();
    wire.connection.received('{"event":"pusher:subscribe","data":{"channel":"a"}}');
    const [socket] = parts.hub.sockets();
    socket?.close(CLOSE.terminated());
    wire.connection.closed(1006);
    const hub = parts.hub.of(testApp());
    expect([hub.sockets.size, hub.channels.size]).toEqual([0, 0]);
    expect([...hub.counters.closes]).toEqual([[4009, 1]]);
  });

  test("must authorise itself in time where the app wants that", async () => {
    const app = testApp({ authorisedConnections: true });
    const [silent, authorised] = [await connect({}, app), await connect({}, app)];
    const [, second] = parts.hub.sockets();
    if (second !== undefined) parts.hub.of(app).authorised(second);
    for (let tick = 0; tick < 10; tick++) sessions.authorisation.advance();
    expect(silent.closeFrame).toEqual([4009, "Connection not authorized within timeout"]);
    expect(authorised.closeFrame).toBeNull();
  });
});

test("closeSpread() spreads many closes over most of the grace period", async () => {
  const network = new TestNetwork();
  const sockets = Array.from({ length: 1000 }, (_, index) => new TestSocket(network, `1.${index}`));
  const closedAfter: number[] = [];
  await closeSpread(sockets, CLOSE.shuttingDown(), 1000, {
    nowMs: () => 0,
    sleep: async (ms) => {
      expect(ms).toBe(50);
      closedAfter.push(sockets.filter(({ closedWith }) => closedWith !== null).length);
    },
  });
  expect(closedAfter).toHaveLength(13);
  expect(closedAfter[0]).toBe(72);
  expect(sockets.every(({ closedWith }) => closedWith?.code === 4200)).toBe(true);
});

test("closeSpread() lets a client have what waits for it, as long as the grace lasts", async () => {
  const network = new TestNetwork();
  const [quick, late, deaf] = ["1.1", "1.2", "1.3"].map((id) => new TestSocket(network, id));
  if (!quick || !late || !deaf) throw new Error("no sockets");
  late.bufferedBytes = 1;
  deaf.bufferedBytes = 1;
  let nowMs = 0;
  const closed: string[] = [];
  await closeSpread([quick, late, deaf], CLOSE.shuttingDown(), 1000, {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      if (nowMs === 500) late.bufferedBytes = 0;
      closed.push([quick, late, deaf].map(({ closedWith }) => (closedWith ? "c" : "-")).join(""));
    },
  });
  expect([closed[0], closed[9], closed[10], closed.at(-1)]).toEqual(["c--", "c--", "cc-", "cc-"]);
  expect(deaf.closedWith?.code).toBe(4200);
});

function isSlowable(socket: Socket): socket is Socket & MayBeSlow {
  return "lookAtBuffer" in socket;
}
