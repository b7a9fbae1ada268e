// The trace events that the hub reports to taps, and that it builds none of them without a tap.
import { beforeEach, describe, expect, test } from "bun:test";
import { isFault } from "../../../src/protocol/faults.ts";
import type { AppEvent, TraceEvent } from "../../../src/events/app-event.ts";
import { EventStream } from "../../../src/events/stream.ts";
import { sendClientEvent } from "../../../src/node/client-event.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { publishFromApi } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import type { App } from "../../../src/protocol/app.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { hubContext, subscribe } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";

/** Counts the trace events that were built, whether or not anything listens. */
class CountingStream extends EventStream {
  traceCount = 0;

  override trace(app: App, event: TraceEvent): void {
    this.traceCount++;
    super.trace(app, event);
  }
}

let network: TestNetwork;
let stream: CountingStream;
let hub: AppHub;

beforeEach(() => {
  network = new TestNetwork();
  stream = makeStream([]);
  hub = hubOver(stream);
});

function makeStream(listeners: ConstructorParameters<typeof EventStream>[0]): CountingStream {
  return new CountingStream(listeners, () => {});
}

function hubOver(events: EventStream): AppHub {
  return new Hub(hubContext(network, { events })).of(testApp());
}

function connect(id: string): TestSocket {
  const socket = new TestSocket(network, id);
  hub.connect(socket);
  return socket;
}

function join(socket: TestSocket, channel: string): void {
  const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, null))}`;
  const fault = subscribe(hub, socket, { kind: "subscribe", channel, auth, channelData: null });
  expect(fault).toBeNull();
}

function publish(channels: readonly string[], data: string): void {
  publishFromApi(hub, { ...PLAIN, event: "e", data, channels, exceptSocketId: null });
}

function say(socket: TestSocket, channel: string, data: string): void {
  const command = { kind: "clientEvent", event: "client-e", channel, data } as const;
  expect(isFault(sendClientEvent(hub, socket, command))).toBe(false);
}

/** Causes every kind of trace event once. */
function doEverything(): void {
  const socket = connect("1.1");
  join(socket, "private-a");
  publish(["private-a", "nobody"], "héllo");
  say(socket, "private-a", "hi");
  unsubscribe(hub, socket, "private-a");
  join(socket, "b");
  hub.disconnect(socket);
  unsubscribeAll(hub, socket);
}

describe("the hub", () => {
  test("builds no trace event while nobody taps the stream", () => {
    doEverything();
    expect(stream.traceCount).toBe(0);
    const remove = stream.tap(() => {});
    publish(["a"], "x");
    expect(stream.traceCount).toBe(1);
    remove();
    doEverything();
    expect(stream.traceCount).toBe(1);
  });

  test("reports everything to a tap, in the order in which it happened", () => {
    const told: AppEvent[] = [];
    stream.tap((_app, event) => void told.push(event));
    doEverything();
    const socketId = "1.1";
    expect(told).toEqual([
      { kind: "connected", socketId },
      { kind: "channel_occupied", channel: "private-a" },
      { kind: "subscribed", channel: "private-a", socketId },
      {
        kind: "published",
        channels: ["private-a", "nobody"],
        event: "e",
        dataBytes: 6,
        origin: "api",
      },
      {
        kind: "published",
        channels: ["private-a"],
        event: "client-e",
        dataBytes: 2,
        origin: "client",
      },
      {
        kind: "client_event",
        channel: "private-a",
        event: "client-e",
        data: "hi",
        socketId,
        userId: null,
      },
      { kind: "unsubscribed", channel: "private-a", socketId },
      { kind: "channel_vacated", channel: "private-a" },
      { kind: "channel_occupied", channel: "b" },
      { kind: "subscribed", channel: "b", socketId },
      { kind: "disconnected", socketId },
      { kind: "unsubscribed", channel: "b", socketId },
      { kind: "channel_vacated", channel: "b" },
    ]);
  });

  test("reports each publication once, however many channels and subscribers it has", () => {
    for (const id of ["1.1", "1.2", "1.3"]) {
      const socket = connect(id);
      join(socket, "a");
      join(socket, "b");
    }
    const told: AppEvent[] = [];
    stream.tap((_app, event) => void told.push(event));
    for (let n = 0; n < 3; n++) publish(["a", "b", "c"], String(n));
    expect(told.map(({ kind }) => kind)).toEqual(["published", "published", "published"]);
  });

  test("continues when a listener throws", () => {
    hub = hubOver(
      makeStream([
        {
          note: () => {
            throw new Error("broken");
          },
        },
      ]),
    );
    const socket = connect("1.1");
    join(socket, "a");
    publish(["a"], "x");
    unsubscribe(hub, socket, "a");
    expect(socket.take().map(([event]) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
      "e",
    ]);
    expect(hub.channels.size).toBe(0);
  });
});
