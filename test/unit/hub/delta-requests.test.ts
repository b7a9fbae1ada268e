// What clients ask for, and what the settings allow.
import { beforeEach, expect, test } from "bun:test";
import { enableDelta } from "../../../src/hub/delta/requests.ts";
import type { DeltaOptions } from "../../../src/hub/delta/options.ts";
import { unsubscribe } from "../../../src/hub/subscribe.ts";
import type { Algorithm } from "../../../src/protocol/delta-request.ts";
import { clientTraits } from "../../../src/protocol/client-traits.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET } from "../../doubles/app.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { data, DeltaRig, emptyState, isDelta, KEYED, readDelta, whole } from "./delta-rig.ts";
import { subscribe } from "../../doubles/hub.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig();
});

function algorithmOn(socket: TestSocket, channel: string): Algorithm | undefined {
  return socket.subscriptions.get(channel)?.cohort.traits.delta?.algorithm;
}

test("false on a subscription applies to that channel only", () => {
  const socket = rig.connect();
  enableDelta(rig.hub, socket, "fossil");
  rig.subscribe(socket, "a", { delta: false });
  rig.subscribe(socket, "b", { delta: null });
  socket.frames.length = 0;
  for (const value of [1, 2]) rig.send({ channels: ["a", "b"], data: data(value) });
  expect(socket.frames.filter(isDelta).map((frame) => readDelta(frame).channel)).toEqual(["b"]);
  const first = socket.frames.filter((frame) => frame.includes('"channel":"a"'));
  expect(first).toEqual([whole(data(1), "a"), whole(data(2), "a")]);
});

test("a channel pattern switches deltas off, whatever a client asks for", () => {
  const off = { ...KEYED, enabled: false, conflationKey: null };
  rig = new DeltaRig({}, [
    { ...off, pattern: "news" },
    { ...off, pattern: "chat-*" },
    { ...off, pattern: "*-raw" },
  ]);
  const socket = rig.connect();
  for (const channel of ["news", "chat-1", "feed-raw", "newsroom"]) rig.subscribe(socket, channel);
  const compressed = [...socket.subscriptions.values()].filter(
    ({ cohort }) => cohort.delta !== null,
  );
  expect(compressed.map(({ cohort }) => cohort.channel.name)).toEqual(["newsroom"]);
  expect(socket.frames[1]).toBe(
    '{"event":"pusher:delta_compression_enabled","data":{"enabled":false,"channel":"news"},"channel":"news"}',
  );
});

test("deltas that are switched off on the server are off for every client", () => {
  rig = new DeltaRig({ enabled: false });
  const socket = rig.connect();
  rig.subscribe(socket, "c");
  enableDelta(rig.hub, socket, "fossil");
  expect(socket.frames.splice(0).at(-1)).toBe(
    '{"event":"pusher:delta_compression_enabled","data":{"enabled":false}}',
  );
  rig.send();
  expect(socket.frames).toEqual([whole(data(1))]);
});

test("enabling deltas on the connection moves only the subscriptions that made no request", () => {
  const socket = rig.connect();
  rig.subscribe(socket, "said-no", { delta: false });
  rig.subscribe(socket, "said-nothing", { delta: null });
  rig.subscribe(socket, "said-xdelta3", { delta: "xdelta3" });
  socket.frames.length = 0;
  enableDelta(rig.hub, socket, "fossil");
  expect(socket.frames).toEqual([
    '{"event":"pusher:delta_compression_enabled","data":{"enabled":true,"algorithm":"fossil"}}',
    emptyState("said-nothing"),
  ]);
  const names = ["said-no", "said-nothing", "said-xdelta3"];
  expect(names.map((name) => algorithmOn(socket, name))).toEqual([undefined, "fossil", "xdelta3"]);
  const moved = rig.hub.channels.get("said-nothing");
  expect([moved?.cohorts.size, moved?.socketCount]).toEqual([1, 1]);
});

test("enabling deltas again changes nothing for subscriptions that have them", () => {
  const socket = rig.joined("c", { delta: null });
  enableDelta(rig.hub, socket, "fossil");
  enableDelta(rig.hub, socket, "xdelta3");
  expect(algorithmOn(socket, "c")).toBe("fossil");
  rig.subscribe(socket, "d", { delta: null });
  expect(algorithmOn(socket, "d")).toBe("xdelta3");
});

test("a client that names no algorithm gets the channel's, or else the server's", () => {
  rig = new DeltaRig({ algorithm: "xdelta3" }, [{ ...KEYED, algorithm: "fossil" }]);
  const bySubscription = rig.connect();
  for (const channel of ["c", "d"]) rig.subscribe(bySubscription, channel, { delta: true });
  const byConnection = rig.connect();
  rig.subscribe(byConnection, "c", { delta: null });
  enableDelta(rig.hub, byConnection, null);
  rig.subscribe(byConnection, "d", { delta: null });
  for (const socket of [bySubscription, byConnection])
    expect(["c", "d"].map((name) => algorithmOn(socket, name))).toEqual(["fossil", "xdelta3"]);
});

test("a connection gets deltas on a limited number of channels, and whole messages on more", () => {
  const options: Partial<DeltaOptions> = { maxChannelsPerConnection: 2 };
  rig = new DeltaRig(options);
  const socket = rig.connect();
  for (const channel of ["a", "b", "c"]) rig.subscribe(socket, channel);
  const channels = ["a", "b", "c", "d"];
  expect(channels.map((name) => algorithmOn(socket, name))).toEqual([
    "fossil",
    "fossil",
    undefined,
    undefined,
  ]);
  unsubscribe(rig.hub, socket, "a");
  rig.subscribe(socket, "d", { delta: null });
  enableDelta(rig.hub, socket, "fossil");
  expect([algorithmOn(socket, "c"), algorithmOn(socket, "d")]).toEqual([undefined, "fossil"]);
});

test("a presence member stays a member when its subscription moves", () => {
  const socket = rig.connect();
  const channel = "presence-c";
  const channelData = '{"user_id":"1"}';
  const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, channelData))}`;
  subscribe(rig.hub, socket, { kind: "subscribe", channel, auth, channelData });
  enableDelta(rig.hub, socket, "fossil");
  expect(socket.subscriptions.get(channel)?.member?.userId).toBe("1");
  unsubscribe(rig.hub, socket, channel);
  expect(rig.hub.channels.size).toBe(0);
});

// Like Sockudo's clients for JavaScript and Python, which cannot decode deltas without a request on
// the connection.
for (const request of ["fossil", true, { enabled: true, algorithm: "xdelta3" }])
  test(`a client that must enable deltas on its connection gets whole messages for ${JSON.stringify(request)}, until it does`, () => {
    const socket = rig.connect();
    socket.traits = clientTraits(false, true);
    rig.subscribe(socket, "c", { delta: request });
    socket.frames.length = 0;
    for (const value of [1, 2, 3]) rig.send({ data: data(value) });
    expect(socket.frames.splice(0)).toEqual([1, 2, 3].map((value) => whole(data(value), "c")));
    enableDelta(rig.hub, socket, "fossil");
    for (const value of [4, 5, 6]) rig.send({ data: data(value) });
    expect(socket.frames.filter(isDelta)).toHaveLength(2);
  });

test("a client that must enable deltas can still switch them off for single channels", () => {
  const socket = rig.connect();
  socket.traits = clientTraits(false, true);
  rig.subscribe(socket, "c", { delta: false });
  enableDelta(rig.hub, socket, "fossil");
  expect(algorithmOn(socket, "c")).toBeUndefined();
});

test("a client that states the form of its deltas can decode them, whatever its name", () => {
  const socket = rig.connect();
  socket.traits = clientTraits(false, true);
  rig.subscribe(socket, "c", { delta: { algorithm: "fossil", format: "json" } });
  expect(algorithmOn(socket, "c")).toBe("fossil");
});
