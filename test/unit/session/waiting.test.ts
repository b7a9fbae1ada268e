// A session whose client asks for more than it reads, or more than it may have in a second.
import { beforeEach, describe, expect, test } from "bun:test";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { AuthorisationQueue } from "../../../src/session/authorisation.ts";
import { LivenessWheel } from "../../../src/session/liveness.ts";
import { Mailboxes } from "../../../src/session/mailboxes.ts";
import { Session, type SessionContext } from "../../../src/session/session.ts";
import { Steps } from "../../../src/session/steps.ts";
import { Windows } from "../../../src/session/windows.ts";
import { testApp } from "../../doubles/app.ts";
import { testHub } from "../../doubles/hub.ts";
import { TestWire } from "../../doubles/wire.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";

const PING = '{"event":"pusher:ping","data":{}}';
let hub: AppHub;
let later: (() => void)[];
let context: SessionContext;

beforeEach(() => {
  hub = testHub().hub.of(testApp());
  later = [];
  context = {
    liveness: new LivenessWheel({ activityTicks: 120, pongTicks: 30 }),
    authorisation: new AuthorisationQueue(10),
    activityTimeoutSeconds: 120,
    rates: {
      maxFrames: 1000,
      maxBytes: 100_000,
      maxControlFrames: 10,
      maxSubscriptions: 3,
      maxAnswerBytes: 2000,
    },
    windows: new Windows(),
    mailboxes: new Mailboxes({ maxBytes: 40_000, maxTotalBytes: 80_000 }),
    steps: new Steps({ nowMs: () => 0, later: (action) => void later.push(action) }),
    suspect: () => {},
    nowMs: () => 0,
    departed: () => {},
  };
});

function connect(): { readonly session: Session; readonly wire: TestWire } {
  const session = new Session(context, hub, {
    id: `1.${hub.sockets.size + 1}`,
    protocol: 7,
    listener: 0,
    address: "",
    traits: PUSHER_CLIENT,
  });
  const wire = new TestWire(session, { refused: [], limitHits: [] });
  session.opened(wire);
  wire.sent.length = 0;
  return { session, wire };
}

function subscribe(channel: string): string {
  return JSON.stringify({ event: "pusher:subscribe", data: { channel } });
}

function runSteps(): void {
  while (later.length > 0) later.shift()?.();
}

function nextSecond(): void {
  context.windows.next();
  for (const session of context.mailboxes.connections) session.goOn();
  runSteps();
}

describe("frames wait", () => {
  test("for the next second when there were too many subscriptions, and in their order", () => {
    const { session, wire } = connect();
    // The first frame of a second is free.
    session.received(PING);
    for (const name of ["a", "b", "c", "d"]) session.received(subscribe(name));
    session.received(PING);
    expect([session.subscriptions.size, wire.sent.length]).toEqual([3, 4]);
    expect(hub.counters.limits.get("subscription_rate")).toBe(1);
    nextSecond();
    expect(session.subscriptions.size).toBe(4);
    expect(wire.sent.at(-1)).toContain("pusher:pong");
    expect(context.mailboxes.has(session)).toBe(false);
  });

  test("for the next second when the answers were too long", () => {
    const { session, wire } = connect();
    const wrong = `{"event":"${"x".repeat(300)}"}`;
    for (let count = 0; count < 20; count++) session.received(wrong);
    expect(wire.sent.length).toBeLessThan(10);
    expect(hub.counters.limits.get("answer_rate")).toBe(1);
  });

  test("for a client that does not read what it was answered", () => {
    const { session, wire } = connect();
    wire.waits = true;
    wire.buffered = 70_000;
    session.received(PING);
    session.received(PING);
    expect(wire.sent).toHaveLength(1);
    wire.buffered = 0;
    session.drained();
    runSteps();
    expect(wire.sent).toHaveLength(2);
  });

  test("for their turn when they are very many, so that others are served in between", () => {
    const { session, wire } = connect();
    for (let count = 0; count < 205; count++) session.received('{"event":"pusher:pong"}');
    session.received(PING);
    expect(wire.sent).toEqual([]);
    runSteps();
    expect(wire.sent).toHaveLength(1);
  });
});

test("who asks for more and more and does not read is closed with 4100", () => {
  const { session, wire } = connect();
  wire.waits = true;
  wire.buffered = 70_000;
  for (let count = 0; count < 600; count++) session.received(PING);
  expect(wire.closeFrame).toEqual([
    4100,
    "Over capacity: more was asked for than the answers were read",
  ]);
  expect([...context.mailboxes.connections]).toEqual([]);
});

test("who sends more bytes than may be in a second is closed with 4100", () => {
  const { session, wire } = connect();
  for (let count = 0; count < 3; count++) session.received("x".repeat(40_000));
  expect(wire.closeFrame?.[0]).toBe(4100);
  expect(hub.counters.limits.get("byte_rate")).toBe(1);
});

test("a session with many subscriptions leaves them in steps, and is gone at once", () => {
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
