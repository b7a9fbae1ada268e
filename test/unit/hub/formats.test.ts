// Publications to channels whose sockets have different wire formats.
import { beforeEach, expect, test } from "bun:test";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { publishFromApi } from "../../../src/hub/publish.ts";
import type { Codec } from "../../../src/protocol/codec.ts";
import { CODECS } from "../../../src/protocol/codecs.ts";
import { V1 } from "../../../src/protocol/dialect.ts";
import { JSON_V1, JSON_V2 } from "../../../src/protocol/json-codec.ts";
import type { Publication } from "../../../src/protocol/publication.ts";
import { PLAIN, testApp } from "../../doubles/app.ts";
import { ByteCodec, byteEvents, readByteFrame } from "../../doubles/byte-codec.ts";
import { hubContext, subscribe } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";

let network: TestNetwork;
let hub: AppHub;
/** How often a publication was begun in the byte format. */
let begun: number;
let bytes: Codec;

beforeEach(() => {
  network = new TestNetwork();
  begun = 0;
  const events = byteEvents(() => void begun++);
  bytes = new ByteCodec(V1, events);
  hub = new Hub(hubContext(network, { codecs: [...CODECS, bytes] })).of(testApp());
});

function join(codec: Codec, ...channels: readonly string[]): TestSocket {
  const socket = new TestSocket(network, `1.${hub.sockets.size + 1}`, codec.dialect);
  socket.codec = codec;
  hub.connect(socket);
  for (const channel of channels)
    subscribe(hub, socket, { kind: "subscribe", channel, auth: null, channelData: null });
  socket.frames.length = 0;
  socket.binary.length = 0;
  return socket;
}

/** A publication that counts how often its data is read: once for each format in which it is begun. */
function counted(channels: readonly string[]): Publication & { readonly reads: () => number } {
  let reads = 0;
  return {
    ...PLAIN,
    event: "e",
    get data() {
      reads++;
      return "the data";
    },
    channels,
    exceptSocketId: null,
    reads: () => reads,
  };
}

test("a publication is begun once for each format, however many sockets, codecs and channels there are", () => {
  const sockets = [JSON_V1, JSON_V2, bytes, JSON_V1, JSON_V2, bytes].map((codec) =>
    join(codec, "a", "b"),
  );
  const publication = counted(["a", "b"]);
  publishFromApi(hub, publication);
  expect([begun, publication.reads()]).toEqual([1, 2]);
  // One for each codec and channel.
  expect(network.publishCount).toBe(6);
  for (const { codec, frames, binary } of sockets) {
    const isText = codec !== bytes;
    const texts = isText
      ? frames
      : binary
          .map(readByteFrame)
          .map(({ name, data, channel }) => JSON.stringify({ event: name, data, channel }));
    expect(texts).toEqual(
      ["a", "b"].map((channel) => JSON.stringify({ event: "e", data: "the data", channel })),
    );
    expect((isText ? binary : frames).length).toBe(0);
  }
});

test("a format that nobody on the channel uses is not begun", () => {
  join(JSON_V1, "a");
  join(bytes, "b");
  publishFromApi(hub, counted(["a"]));
  expect(begun).toBe(0);
  const publication = counted(["b"]);
  publishFromApi(hub, publication);
  expect([begun, publication.reads()]).toEqual([1, 1]);
});
