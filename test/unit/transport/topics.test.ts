// The hub's sink over several kinds of carriers: a listener of the runtime with real WebSockets,
// and a double.
import { afterEach, describe, expect, test } from "bun:test";
import type { Carrier } from "../../../src/hub/ports.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
import { Session } from "../../../src/session/session.ts";
import { Listener } from "../../../src/transport/listener.ts";
import { Topics } from "../../../src/transport/topics.ts";
import { testApp } from "../../doubles/app.ts";
import { testHub } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";
import { testNode } from "../../doubles/node.ts";
import { testSessions } from "../../doubles/sessions.ts";
import { until } from "../../harness/deadline.ts";

const TOPIC = "t";
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A client of a real listener: its session on the server, and the frames that were published to it. */
interface Client {
  readonly session: Session;
  readonly frames: string[];
}

/** Opens a listener and connects clients to it, all of them on the topic. */
async function listenerWith(clientCount: number) {
  const sessions: Session[] = [];
  const parts = testHub();
  const hub = parts.hub.of(testApp());
  const context = testSessions({ node: testNode(parts.hub).node });
  const listener = new Listener(
    { kind: "tcp", host: "127.0.0.1", port: 0, shared: false, tls: null },
    { maxFrameBytes: 1000, backpressureLimitBytes: 100_000, maxRequestBodyBytes: 1000 },
    (carrier) => ({
      answer(request, server) {
        const id = `1.${sessions.length}`;
        const options = { id, protocol: 7, traits: PUSHER_CLIENT, carrier, address: "" };
        const session = new Session(context, hub, options);
        sessions.push(session);
        return server.upgrade(request, { data: session }) ? undefined : new Response();
      },
      failed: () => new Response(),
    }),
  );
  ends.push(() => listener.terminate());
  const clients: Client[] = [];
  for (let count = 0; count < clientCount; count++) {
    const frames = await openSocket(listener.port);
    const session = sessions.at(-1);
    if (session === undefined) throw new Error("No session was opened");
    session.join(TOPIC);
    clients.push({ session, frames });
  }
  return { listener, clients };
}

/** Connects, and returns the list of frames that arrive after the handshake. */
async function openSocket(port: number): Promise<string[]> {
  const frames: string[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  ends.push(() => socket.terminate());
  socket.onmessage = ({ data }: MessageEvent<unknown>) => void frames.push(String(data));
  await until(() => frames.length === 1, "the handshake");
  frames.length = 0;
  return frames;
}

/** A carrier of another kind, with two sockets on the topic. */
function otherCarrier(): { readonly carrier: Carrier; readonly sockets: readonly TestSocket[] } {
  const network = new TestNetwork();
  const sockets = ["2.1", "2.2"].map((id) => new TestSocket(network, id));
  for (const socket of sockets) socket.join(TOPIC);
  return { carrier: network.carrier, sockets };
}

function topicsOver(carriers: readonly Carrier[], statuses: number[] = []): Topics {
  const topics = new Topics((_, status) => void statuses.push(status));
  for (const carrier of carriers) topics.add(carrier);
  return topics;
}

function framesOf(sockets: readonly { readonly frames: readonly string[] }[]) {
  return sockets.map(({ frames }) => frames);
}

describe("Topics.publish()", () => {
  test("reaches the sockets of every carrier, and reports each carrier's status", async () => {
    const { listener, clients } = await listenerWith(2);
    const { carrier, sockets } = otherCarrier();
    const statuses: number[] = [];
    topicsOver([listener, carrier], statuses).publish(TOPIC, "frame", null);
    await until(() => clients.every(({ frames }) => frames.length > 0), "the frame");
    expect(framesOf(clients)).toEqual([["frame"], ["frame"]]);
    expect(framesOf(sockets)).toEqual([["frame"], ["frame"]]);
    expect(statuses.map((status) => status > 0)).toEqual([true, true]);
  });

  test("leaves out a socket of the listener, and no other", async () => {
    const { listener, clients } = await listenerWith(2);
    const { carrier, sockets } = otherCarrier();
    const topics = topicsOver([listener, carrier]);
    topics.publish(TOPIC, "not for the first", clients[0]?.session ?? null);
    topics.publish(TOPIC, "last", null);
    await until(() => clients.every(({ frames }) => frames.at(-1) === "last"), "the last frame");
    const all = ["not for the first", "last"];
    expect(framesOf(clients)).toEqual([["last"], all]);
    expect(framesOf(sockets)).toEqual([all, all]);
  });

  test("leaves out a socket of another carrier, and no other", async () => {
    const { listener, clients } = await listenerWith(1);
    const { carrier, sockets } = otherCarrier();
    topicsOver([listener, carrier]).publish(TOPIC, "frame", sockets[0] ?? null);
    await until(() => clients[0]?.frames.length === 1, "the frame");
    expect(framesOf(clients)).toEqual([["frame"]]);
    expect(framesOf(sockets)).toEqual([[], ["frame"]]);
  });

  test("with one carrier, publishes through the socket that is left out", async () => {
    const { listener, clients } = await listenerWith(2);
    const topics = topicsOver([listener]);
    topics.publish(TOPIC, "not for the first", clients[0]?.session ?? null);
    topics.publish(TOPIC, "last", null);
    await until(() => clients.every(({ frames }) => frames.at(-1) === "last"), "the last frame");
    expect(framesOf(clients)).toEqual([["last"], ["not for the first", "last"]]);
  });

  test("reaches no carrier that was removed", () => {
    const [kept, removed] = [otherCarrier(), otherCarrier()];
    const topics = topicsOver([kept.carrier, removed.carrier]);
    topics.remove(removed.carrier);
    topics.publish(TOPIC, "frame", null);
    expect(framesOf(kept.sockets)).toEqual([["frame"], ["frame"]]);
    expect(framesOf(removed.sockets)).toEqual([[], []]);
  });
});
