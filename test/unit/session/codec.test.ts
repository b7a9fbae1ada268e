// A session with another codec than the one of its protocol.
import { expect, test } from "bun:test";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
import { CLOSE } from "../../../src/protocol/faults.ts";
import { Session } from "../../../src/session/session.ts";
import { testApp } from "../../doubles/app.ts";
import { BYTES_V2, readByteFrame } from "../../doubles/byte-codec.ts";
import { testHub } from "../../doubles/hub.ts";
import { testNode } from "../../doubles/node.ts";
import { testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";

function connect(): { readonly session: Session; readonly transport: TestTransport } {
  const { hub, network } = testHub();
  const session = new Session(testSessions({ node: testNode(hub).node }), hub.of(testApp()), {
    id: "1.1",
    protocol: 2,
    carrier: network.carrier,
    address: "",
    traits: PUSHER_CLIENT,
    codec: BYTES_V2,
  });
  const transport = new TestTransport(session, network);
  session.opened(transport);
  return { session, transport };
}

test("everything that the session says of itself is in its codec", () => {
  const { session, transport } = connect();
  session.received('{"event":"sockudo:ping"}');
  session.received("no JSON");
  session.received('{"event":"sockudo:subscribe","data":{"channel":"a"}}');
  session.close(CLOSE.shuttingDown());
  expect(transport.sent).toEqual([]);
  expect(transport.sentBytes.map((frame) => readByteFrame(frame).name)).toEqual([
    "sockudo:connection_established",
    "sockudo:pong",
    "sockudo:error",
    "sockudo_internal:subscription_succeeded",
    "sockudo:error",
  ]);
});
