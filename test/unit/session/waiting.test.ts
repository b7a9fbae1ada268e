// A session whose client asks for more than it reads, or for more than it is allowed in a second.
import { beforeEach, describe, expect, test } from "bun:test";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Session, type SessionContext } from "../../../src/session/session.ts";
import { Steps } from "../../../src/session/steps.ts";
import { testApp } from "../../doubles/app.ts";
import { testHub } from "../../doubles/hub.ts";
import { testNode } from "../../doubles/node.ts";
import { TestNetwork } from "../../doubles/network.ts";
import { testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";

const PING = '{"event":"pusher:ping","data":{}}';
let hub: AppHub;
let later: (() => void)[];
let context: SessionContext;

beforeEach(() => {
  const parts = testHub();
  hub = parts.hub.of(testApp());
  later = [];
  context = testSessions({
    node: testNode(parts.hub).node,
    steps: new Steps({ nowMs: () => 0, later: (action) => void later.push(action) }),
  });
});

function connect(): { readonly session: Session; readonly transport: TestTransport } {
  const session = new Session(context, hub, {
    id: `1.${hub.sockets.size + 1}`,
    protocol: 7,
    carrier: new TestNetwork().carrier,
    address: "",
    traits: PUSHER_CLIENT,
  });
  const transport = new TestTransport(session);
  session.opened(transport);
  transport.sent.length = 0;
  return { session, transport };
}

function subscribe(channel: string): string {
  return JSON.stringify({ event: "pusher:subscribe", data: { channel } });
}

function runSteps(): void {
  while (later.length > 0) later.shift()?.();
}

function nextSecond(): void {
  context.windows.next();
  for (const session of context.mailboxes.connections) session.resume();
  runSteps();
}

describe("frames wait", () => {
  test("for the next second if there were too many subscriptions, and stay in order", () => {
    const { session, transport } = connect();
    // The first frame of a second needs no window.
    session.received(PING);
    for (const name of ["a", "b", "c", "d"]) session.received(subscribe(name));
    session.received(PING);
    expect([session.subscriptions.size, transport.sent.length]).toEqual([3, 4]);
    expect(hub.counters.limits.get("subscription_rate")).toBe(1);
    nextSecond();
    expect(session.subscriptions.size).toBe(4);
    expect(transport.sent.at(-1)).toContain("pusher:pong");
    expect(context.mailboxes.has(session)).toBe(false);
  });

  test("for the next second if the replies were too long", () => {
    const { session, transport } = connect();
    const wrong = `{"event":"${"x".repeat(300)}"}`;
    for (let count = 0; count < 20; count++) session.received(wrong);
    expect(transport.sent.length).toBeLessThan(10);
    expect(hub.counters.limits.get("answer_rate")).toBe(1);
  });

  test("for a client that does not read its replies", () => {
    const { session, transport } = connect();
    transport.waits = true;
    transport.buffered = 70_000;
    session.received(PING);
    session.received(PING);
    expect(transport.sent).toHaveLength(1);
    transport.buffered = 0;
    session.drained();
    runSteps();
    expect(transport.sent).toHaveLength(2);
  });

  test("for their turn if they are very many, so that others are served in between", () => {
    const { session, transport } = connect();
    for (let count = 0; count < 205; count++) session.received('{"event":"pusher:pong"}');
    session.received(PING);
    expect(transport.sent).toEqual([]);
    runSteps();
    expect(transport.sent).toHaveLength(1);
  });
});

test("a client that sends more and more commands without reading is closed with 4100", () => {
  const { session, transport } = connect();
  transport.waits = true;
  transport.buffered = 70_000;
  for (let count = 0; count < 600; count++) session.received(PING);
  expect(transport.closeFrame).toEqual([
    4100,
    "Over capacity: more was asked for than the answers were read",
  ]);
  expect([...context.mailboxes.connections]).toEqual([]);
});

test("a client that sends more bytes than allowed in a second is closed with 4100", () => {
  const { session, transport } = connect();
  for (let count = 0; count < 3; count++) session.received("x".repeat(40_000));
  expect(transport.closeFrame?.[0]).toBe(4100);
  expect(hub.counters.limits.get("byte_rate")).toBe(1);
});

test("a session with many subscriptions leaves its channels in steps, and is disconnected at once", () => {
  const { session } = connect();
  for (let number = 0; number < 40; number++) {
    session.received(subscribe(`c-${number}`));
    context.windows.next();
  }
  session.closed(1006);
  expect([hub.sockets.size, hub.channels.size]).toEqual([0, 40]);
  runSteps();
  expect(hub.channels.size).toBe(0);
});
