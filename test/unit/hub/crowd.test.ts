import { expect, test } from "bun:test";
import { unsubscribeAll } from "../../../src/hub/subscribe.ts";
import type { Fault } from "../../../src/protocol/faults.ts";
import { testApp } from "../../doubles/app.ts";
import { TEST_DELTA, testHub, subscribe } from "../../doubles/hub.ts";
import { TestSocket } from "../../doubles/network.ts";

test("on a crowded node a socket with many subscriptions cannot open channels, but may subscribe to existing ones", () => {
  const { hub, network } = testHub(TEST_DELTA, { maxChannels: 6, maxSubscriptions: 3 });
  const [app, otherApp] = [hub.of(testApp()), hub.of(testApp({ id: "other" }))];
  const join = (socket: TestSocket, channel: string, on = app): Fault | null =>
    subscribe(on, socket, { kind: "subscribe", channel, auth: null, channelData: null });
  const [many, few, other] = ["1.1", "1.2", "1.3"].map((id) => new TestSocket(network, id));
  if (many === undefined || few === undefined || other === undefined) throw new Error("no sockets");
  for (const channel of ["a", "b", "c", "d", "e"]) expect(join(many, channel)).toBeNull();
  expect(join(other, "a", otherApp)).toBeNull();
  expect(join(many, "f")?.limit).toBe("crowded_channels");
  for (const channel of ["x", "y", "z"]) expect(join(few, channel)).toBeNull();
  expect(join(many, "x")).toBeNull();
  expect(join(few, "f")?.message).toBe(
    "Too many channels on this server: a connection with 3 subscriptions cannot open another channel now",
  );
  unsubscribeAll(app, many);
  unsubscribeAll(otherApp, other);
  expect(join(few, "f")).toBeNull();
});
