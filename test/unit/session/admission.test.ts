import { beforeEach, describe, expect, test } from "bun:test";
import type { App, AppLimits } from "../../../src/protocol/app.ts";
import { CLOSE, isFault } from "../../../src/protocol/faults.ts";
import { AddressLimiter } from "../../../src/session/addresses.ts";
import type { AdmissionLimits, UpgradeRequest } from "../../../src/session/admission.ts";
import { closeSpread } from "../../../src/session/drain.ts";
import { HandshakeLimit } from "../../../src/session/handshakes.ts";
import { LagSearch } from "../../../src/session/lag-search.ts";
import { testApp } from "../../doubles/app.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";
import { type Admitted, AdmissionRig, type AdmittedTransport } from "./admission-rig.ts";

let rig: AdmissionRig;

beforeEach(() => {
  rig = new AdmissionRig();
});

function connect(
  request: Partial<UpgradeRequest> = {},
  app: App = testApp(),
  limits: Partial<AdmissionLimits> = {},
): Promise<AdmittedTransport> {
  return rig.connect({ request, app, limits });
}

function admit(request: Partial<UpgradeRequest> = {}): Promise<Admitted> {
  return rig.admit({ request });
}

describe("Admission", () => {
  test("gives the handshake frame of the live service", async () => {
    const transport = await connect();
    expect(transport.sent).toEqual([
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
    const transport = await connect(given);
    expect([transport.sent, transport.closeFrame]).toEqual([[], [code, reason]]);
  });

  test("sends protocols 4 and 5 an error event before the close frame", async () => {
    const transport = await connect({ path: "/app/other", query: "protocol=5" });
    expect(transport.sent).toEqual([
      '{"event":"pusher:error","data":{"code":4001,"message":"App key other not in this cluster. Did you forget to specify the cluster?"}}',
    ]);
    expect(transport.closeFrame?.[0]).toBe(4001);
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
    ["a full node", testApp(), { openCount: () => 10 }, { capacity: 10 }, 4100],
    ["too many handshakes", testApp(), {}, { handshakes: new HandshakeLimit(0, () => 0) }, 4100],
  ])("refuses for %s", async (_name, app, given, limits, code) => {
    expect((await connect(given, app, limits)).closeFrame?.[0]).toBe(code);
  });

  test("counts connections elsewhere towards the quota", async () => {
    const app = testApp({}, { maxConnections: 2 });
    const hub = rig.parts.hub.of(app);
    hub.connectionsElsewhere = 1;
    expect((await connect({}, app)).closeFrame).toBeNull();
    hub.connectionsElsewhere = 2;
    expect((await connect({}, app)).closeFrame?.[0]).toBe(4004);
    hub.connectionsElsewhere = 0;
    expect((await connect({}, app)).closeFrame).toBeNull();
  });

  test("admits clients that send no origin", async () => {
    const app = testApp({ allowedOrigins: ["a.example"] });
    expect((await connect({}, app)).closeFrame).toBeNull();
    expect((await connect({ origin: "https://a.example" }, app)).closeFrame).toBeNull();
  });

  test("counts connections by address until they end", async () => {
    rig.addresses = new AddressLimiter(
      { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 },
      () => 0,
    );
    const first = await connect();
    const second = await connect();
    expect([first.closeFrame, second.closeFrame?.[0]]).toEqual([null, 4100]);
    // A refused connection counts until it has ended.
    first.connection.closed(1000);
    expect((await connect()).closeFrame).toBeNull();
    expect([second.limitHits, second.refused]).toEqual([["address_connections"], []]);
  });

  test("checks the address before the node, the path and the key", async () => {
    const limits = { maxConnections: 0, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    const { limitHits, refused } = await connect({ path: "/app/other" }, testApp(), {
      capacity: 0,
    });
    expect([limitHits, refused]).toEqual([["address_connections"], []]);
  });

  test("counts a client by its address or its network, in whatever notation", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    const codes = [];
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:DB8::2"])
      codes.push((await connect({ address })).closeFrame?.[0]);
    expect(codes).toEqual([undefined, 4100, undefined, 4100]);
  });

  test("takes from the node's handshake limit only for admitted clients", async () => {
    const handshakes = new HandshakeLimit(1, () => 0);
    for (const given of [{ path: "/app/other" }, { query: "" }, { path: "/" }])
      expect((await connect(given, testApp(), { handshakes })).closeFrame).not.toBeNull();
    expect((await connect({}, testApp(), { handshakes })).closeFrame).toBeNull();
    expect((await connect({}, testApp(), { handshakes })).closeFrame?.[0]).toBe(4100);
  });

  test("limits refusals by a close frame per address, and counts no further ones against the node", async () => {
    const limits = { maxConnections: 11, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    const wrong = { path: "/app/other" };
    const transports = [];
    for (let count = 0; count < 10; count++) transports.push(await connect(wrong));
    const { verdict, limitHits } = await admit(wrong);
    expect(verdict).toMatchObject({ kind: "fault", status: 429, limit: "refusal_rate" });
    expect(limitHits).toEqual([]);
    // Other connections of the address are admitted as before.
    expect((await connect()).closeFrame).toBeNull();
    expect((await connect({ ...wrong, address: "192.0.2.2" })).closeFrame?.[0]).toBe(4001);
    rig.parts.clock.nowMs += 500;
    expect(isFault((await admit(wrong)).verdict)).toBe(false);
    expect(isFault((await admit(wrong)).verdict)).toBe(true);
  });

  test("limits the number of simultaneous refusals by a close frame", async () => {
    const wrong = { path: "/app/other" };
    for (let count = 0; count < 15; count++)
      await connect({ ...wrong, address: `192.0.2.${count}` });
    expect((await admit({ ...wrong, address: "198.51.100.1" })).verdict).toMatchObject({
      status: 429,
      limit: "refusals_held",
    });
    rig.parts.clock.nowMs += 4500;
    expect((await connect({ ...wrong, address: "198.51.100.1" })).closeFrame?.[0]).toBe(4001);
  });

  test("counts sessions that were closed lately as possibly holding descriptors", async () => {
    const limits = { descriptors: 2 };
    const closed = await connect({ openCount: () => 0 }, testApp(), limits);
    closed.connection.receivedBinary();
    const left = await connect({ openCount: () => 0 }, testApp(), limits);
    left.connection.closed(1000);
    expect((await connect({ openCount: () => 0 }, testApp(), limits)).closeFrame).toBeNull();
    expect((await connect({ openCount: () => 1 }, testApp(), limits)).closeFrame?.[0]).toBe(4100);
    rig.parts.clock.nowMs += 4500;
    expect((await connect({ openCount: () => 1 }, testApp(), limits)).closeFrame).toBeNull();
  });

  test("does not keep counting a client whose app cannot be looked up", async () => {
    const limits = { maxConnections: 1, maxHandshakes: Infinity, windowMs: 1 };
    rig.addresses = new AddressLimiter(limits, () => 0);
    const fail = (): Promise<never> => Promise.reject(new Error("No apps"));
    const failing = { byKey: fail, byId: fail };
    const transport = await rig.connect({ apps: failing });
    expect(transport.closeFrame).toEqual([
      4100,
      "Application could not be looked up, try again later",
    ]);
    expect((await connect()).closeFrame).toBeNull();
  });

  test("does not count by address a client that comes through a Unix socket without a proxy", async () => {
    rig.addresses = new AddressLimiter(
      { maxConnections: 1, maxHandshakes: 1, windowMs: 1000 },
      () => 0,
    );
    for (let count = 0; count < 3; count++)
      expect((await connect({ address: "" })).closeFrame).toBeNull();
  });
});

describe("Session", () => {
  test("closes a client that sends more frames than allowed in a second", async () => {
    const transport = await connect();
    for (let count = 0; count < 5; count++)
      transport.connection.received('{"event":"pusher:ping"}');
    expect(transport.closeFrame).toBeNull();
    transport.connection.received('{"event":"pusher:ping"}');
    expect(transport.closeFrame?.[0]).toBe(4100);
    transport.connection.received('{"event":"pusher:ping"}');
    expect(transport.sent).toHaveLength(6);
  });

  test("closes a client that sends more control frames than allowed in a second", async () => {
    const transport = await connect();
    for (let second = 0; second < 3; second++) {
      for (let count = 0; count < 3; count++) transport.connection.receivedControl();
      rig.sessions.windows.next();
    }
    expect(transport.closeFrame).toBeNull();
    for (let count = 0; count < 4; count++) transport.connection.receivedControl();
    expect(transport.closeFrame?.[0]).toBe(4100);
  });

  test("closes a client that reads too slowly", async () => {
    const transport = await connect();
    transport.connection.received('{"event":"pusher:subscribe","data":{"channel":"a"}}');
    transport.buffered = 499;
    const search = new LagSearch(
      () => rig.parts.hub.sockets(),
      { nowMs: () => 0, later: (action) => action() },
      Infinity,
    );
    search.published(1, -1);
    expect(transport.closeFrame).toBeNull();
    transport.buffered = 1000;
    search.published(1, -1);
    expect([transport.closeFrame, transport.topics.size]).toEqual([null, 0]);
    rig.parts.clock.nowMs = 5000;
    search.published(1, -1);
    expect(transport.closeFrame?.[0]).toBe(4100);
    expect(transport.topics.size).toBe(0);
  });

  test("closes on binary frames with 1003", async () => {
    const transport = await connect();
    transport.connection.receivedBinary();
    expect(transport.closeFrame).toEqual([1003, "Binary messages are not supported"]);
  });

  test("drops client events over the rate and stays open", async () => {
    const transport = await connect({}, testApp({}, { maxClientEventsPerSecond: 2 }));
    for (let count = 0; count < 3; count++)
      transport.connection.received('{"event":"client-x","channel":"private-a","data":1}');
    expect(transport.sent.at(-1)).toContain('"code":4301');
    expect(transport.closeFrame).toBeNull();
  });

  test("counts closes by the intended code, and leaves nothing behind", async () => {
    const transport = await connect();
    transport.connection.received('{"event":"pusher:subscribe","data":{"channel":"a"}}');
    const [socket] = rig.parts.hub.sockets();
    socket?.close(CLOSE.terminated());
    const hub = rig.parts.hub.of(testApp());
    expect([hub.sockets.size, hub.channels.size]).toEqual([0, 0]);
    expect([...hub.counters.closes]).toEqual([[4009, 1]]);
  });

  test("must authorise itself in time if the app requires it", async () => {
    const app = testApp({ authorisedConnections: true });
    const [silent, authorised] = [await connect({}, app), await connect({}, app)];
    const [, second] = rig.parts.hub.sockets();
    if (second !== undefined) rig.parts.hub.of(app).authorised(second);
    for (let tick = 0; tick < 10; tick++) rig.sessions.authorisation.advance();
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

test("closeSpread() lets a client read what is buffered, as long as the grace period lasts", async () => {
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
