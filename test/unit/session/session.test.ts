// One session over a transport that behaves like the runtime's: it reports its end before `close`
// returns, and it may drop or queue what is sent.
import { beforeEach, describe, expect, test } from "bun:test";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
import { CLOSE } from "../../../src/protocol/faults.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { Session, type SessionContext } from "../../../src/session/session.ts";
import { Steps } from "../../../src/session/steps.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub } from "../../doubles/hub.ts";
import { testNode } from "../../doubles/node.ts";
import { testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";

const PING = '{"event":"pusher:ping","data":{}}';
let parts: TestHub;
let hub: AppHub;
let context: SessionContext;
let departed: (readonly [address: string, closing: boolean])[];
let steps: (() => void)[];

beforeEach(() => {
  parts = testHub();
  departed = [];
  steps = [];
  begin(testHub());
});

function begin(given: TestHub, app = testApp()): void {
  parts = given;
  hub = parts.hub.of(app);
  context = testSessions({
    node: testNode(parts.hub).node,
    rates: {
      maxFrames: 1000,
      maxBytes: 1_000_000,
      maxControlFrames: 10,
      maxSubscriptions: Infinity,
      maxReplyBytes: Infinity,
    },
    steps: new Steps({ nowMs: () => 0, later: (action) => void steps.push(action) }),
    connectionEnded: (address, closing) => void departed.push([address, closing]),
  });
}

function connect(protocol = 7): {
  readonly session: Session;
  readonly transport: TestTransport;
} {
  const id = `1.${hub.sockets.size + 1}`;
  const options = { id, protocol, traits: PUSHER_CLIENT, address: "192.0.2.1" };
  const session = new Session(context, hub, { ...options, carrier: parts.network.carrier });
  const transport = new TestTransport(session, parts.network, id);
  session.opened(transport);
  transport.sent.length = 0;
  return { session, transport };
}

function subscribing(channel: string, auth?: string): string {
  return JSON.stringify({ event: "pusher:subscribe", data: { channel, auth } });
}

function runSteps(): void {
  while (steps.length > 0) steps.shift()?.();
}

describe("a session", () => {
  test("gets what is published to its channels, but not its own client events", () => {
    const [sender, other] = [connect(), connect()];
    const channel = "private-a";
    for (const { session } of [sender, other]) {
      const signature = sign(SECRET, subscriptionText(session.id, channel, null));
      session.received(subscribing(channel, `${KEY}:${signature}`));
    }
    sender.session.received('{"event":"client-e","channel":"private-a","data":"d"}');
    const frame = '{"event":"client-e","data":"d","channel":"private-a"}';
    expect([sender.transport.sent.includes(frame), other.transport.sent.includes(frame)]).toEqual([
      false,
      true,
    ]);
  });

  test("is closed when the runtime drops a frame, after the step that sent it", async () => {
    const { session, transport } = connect();
    transport.refuses = true;
    session.received(subscribing("a"));
    expect([transport.closeFrame, hub.channels.size]).toEqual([null, 1]);
    await Promise.resolve();
    expect(transport.closeFrame).toEqual([4100, "Connection reads too slowly, its buffer is full"]);
    expect([hub.sockets.size, hub.channels.size, hub.lags.size]).toEqual([0, 0, 0]);
  });

  test("is gone once it was closed: nothing is left of it, and further calls have no effect", () => {
    const { session, transport } = connect();
    session.received(subscribing("a"));
    transport.sent.length = 0;
    session.close(CLOSE.terminated());
    expect([session.isOpen, hub.sockets.size, hub.channels.size, transport.topics.size]).toEqual([
      false,
      0,
      0,
      0,
    ]);
    session.received(PING);
    session.receivedBinary();
    session.receivedControl();
    session.drained();
    session.close(CLOSE.shuttingDown());
    expect([transport.sent, transport.closeFrame?.[0]]).toEqual([[], 4009]);
    expect([...hub.counters.closes]).toEqual([[4009, 1]]);
    expect(departed).toEqual([["192.0.2.1", true]]);
  });

  test("that the client closes is counted under the client's code", () => {
    const { transport } = connect();
    transport.end(1001);
    expect([...hub.counters.closes]).toEqual([[1001, 1]]);
    expect(departed).toEqual([["192.0.2.1", false]]);
  });

  test("may be closed by its own command", () => {
    begin(testHub(), testApp({ authorisedConnections: true }, { maxConnections: 1 }));
    const sockets = [connect(), connect()];
    for (const { session } of sockets) {
      const signature = sign(SECRET, subscriptionText(session.id, "private-a", null));
      session.received(subscribing("private-a", `${KEY}:${signature}`));
    }
    expect(sockets.map(({ transport }) => transport.closeFrame?.[0] ?? 0)).toEqual([0, 4004]);
    expect([hub.sockets.size, hub.channels.get("private-a")?.socketCount]).toEqual([1, 1]);
  });

  test("leaves many channels in steps", () => {
    const { session, transport } = connect();
    for (let count = 0; count < 20; count++) session.received(subscribing(`c${count}`));
    transport.end(1000);
    expect([hub.sockets.size, hub.channels.size]).toEqual([0, 20]);
    runSteps();
    expect(hub.channels.size).toBe(0);
  });

  test("sends clients of protocol 5 an error event before it closes them", () => {
    const { session, transport } = connect(5);
    session.close(CLOSE.overQuota());
    expect(transport.sent.map((frame) => JSON.parse(frame).data.code)).toEqual([4004]);
  });

  test("is pinged when it is silent, and closed when it does not answer", () => {
    const { transport } = connect();
    for (let tick = 0; tick < 120; tick++) context.liveness.advance();
    expect([transport.pings, transport.closeFrame]).toEqual([1, null]);
    for (let tick = 0; tick < 30; tick++) context.liveness.advance();
    expect(transport.closeFrame?.[0]).toBe(4201);
  });

  test("is alive as long as the client reads, even if the client sends nothing", () => {
    const { session, transport } = connect();
    for (let tick = 0; tick < 500; tick++) {
      if (tick % 100 === 0) session.drained();
      context.liveness.advance();
    }
    expect([transport.pings, transport.closeFrame]).toEqual([0, null]);
  });
});
