// Sessions of a node whose cluster answers when the test says so.
import { Hub } from "../../../src/hub/hub.ts";
import type { AppHub, HubContext } from "../../../src/hub/app-hub.ts";
import type { Arrival } from "../../../src/hub/publish.ts";
import type { Node } from "../../../src/node/node.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
import type { Publication } from "../../../src/protocol/publication.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { Session, type SessionContext } from "../../../src/session/session.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { changeListener, hubContext } from "../../doubles/hub.ts";
import { TestNetwork } from "../../doubles/network.ts";
import { SlowCluster, testNode } from "../../doubles/node.ts";
import { NO_RATES, testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";

/** A client of the node. */
export interface RigClient {
  readonly session: Session;
  readonly transport: TestTransport;
}

/** The node, its sessions, and the cluster. */
export class NodeRig {
  readonly network: TestNetwork = new TestNetwork();
  readonly cluster: SlowCluster = new SlowCluster();
  readonly clock: { nowMs: number } = { nowMs: 0 };
  readonly hub: AppHub;
  readonly node: Node;
  readonly reports: readonly string[];
  readonly context: SessionContext;
  #ids = 0;

  constructor(given: Partial<HubContext> = {}) {
    const hub: Hub = new Hub(
      hubContext(this.network, {
        nowMs: () => this.clock.nowMs,
        changes: changeListener({
          vacated: (app, channel) => this.node.openings?.vacated(app, channel),
        }),
        ...given,
      }),
    );
    this.hub = hub.of(testApp());
    const { node, reports } = testNode(hub, {
      cluster: this.cluster,
      nowMs: () => this.clock.nowMs,
    });
    this.node = node;
    this.reports = reports;
    this.context = testSessions({ node, rates: NO_RATES, nowMs: () => this.clock.nowMs });
  }

  connect(): RigClient {
    const session = new Session(this.context, this.hub, {
      id: `1.${++this.#ids}`,
      protocol: 7,
      carrier: this.network.carrier,
      address: "",
      traits: PUSHER_CLIENT,
    });
    const transport = new TestTransport(session, this.network);
    session.opened(transport);
    transport.sent.length = 0;
    return { session, transport };
  }

  /** Another node has published. */
  arrive(channel: string, event: string, data = "{}", origin: Arrival["origin"] = "api"): void {
    this.node.arrived(this.hub, { publication: publication(channel, event, data), origin });
  }

  /** Lets time pass and does what is due. */
  async tick(ms: number): Promise<void> {
    this.clock.nowMs += ms;
    this.node.tick();
    await settled();
  }
}

/** Waits until everything has happened that depends only on promises. */
export function settled(): Promise<void> {
  return new Promise((done) => void setImmediate(done));
}

/** A subscription as a client sends it, signed if necessary. */
export function subscribing({ session }: RigClient, channel: string, userId = "u"): string {
  const channelData = channel.startsWith("presence-") ? JSON.stringify({ user_id: userId }) : null;
  const text = subscriptionText(session.id, channel, channelData);
  const signed = channel.startsWith("presence-") || channel.startsWith("private-");
  return JSON.stringify({
    event: "pusher:subscribe",
    data: {
      channel,
      ...(signed && { auth: `${KEY}:${sign(SECRET, text)}` }),
      ...(channelData !== null && { channel_data: channelData }),
    },
  });
}

/** Returns the frames so far, each as its event and channel, and clears them. */
export function taken({ transport }: RigClient): readonly string[] {
  return transport.sent.splice(0).map((frame) => {
    const { event, channel }: { event: string; channel?: string } = JSON.parse(frame);
    return channel === undefined ? event : `${event} ${channel}`;
  });
}

/** An event for one channel, as another node or an application publishes it. */
export function publication(channel: string, event: string, data = "{}"): Publication {
  return { ...PLAIN, event, data, channels: [channel], exceptSocketId: null };
}
