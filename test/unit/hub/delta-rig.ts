// A hub for tests of delta compression, filters and lagging sockets: shortcuts to subscribe and to
// publish, and the expected frames, written out.
import type { DeltaOptions } from "../../../src/hub/delta/options.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { publish } from "../../../src/hub/publish.ts";
import type { ChannelDelta } from "../../../src/protocol/app.ts";
import { readDeltaRequest } from "../../../src/protocol/delta-request.ts";
import { type Dialect, V1 } from "../../../src/protocol/dialect.ts";
import type { Fault } from "../../../src/protocol/faults.ts";
import type { Publication } from "../../../src/protocol/publication.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, PLAIN, SECRET, testApp } from "../../doubles/app.ts";
import { type TestHub, testHub, subscribe } from "../../doubles/hub.ts";
import { type TestNetwork, TestSocket } from "../../doubles/network.ts";

/** What a subscription asks for besides its channel. It asks for deltas unless `delta` is null. */
export interface Wanted {
  readonly delta?: unknown;
  readonly filter?: unknown;
  readonly dialect?: Dialect;
}

/** A hub with shortcuts for tests. */
export class DeltaRig {
  readonly parts: TestHub;
  readonly hub: AppHub;
  readonly network: TestNetwork;
  #ids = 0;

  constructor(options: Partial<DeltaOptions> = {}, channelDelta: readonly ChannelDelta[] = []) {
    this.parts = testHub(options);
    this.network = this.parts.network;
    this.hub = this.parts.hub.of(testApp({ channelDelta }));
  }

  connect(dialect: Dialect = V1): TestSocket {
    const socket = new TestSocket(this.network, `1.${++this.#ids}`, dialect);
    this.hub.connect(socket);
    return socket;
  }

  /** Subscribes with a valid signature. Returns the refusal, or null. */
  subscribe(socket: TestSocket, channel: string, wanted: Wanted = {}): Fault | null {
    const { delta = "fossil", filter } = wanted;
    const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, null))}`;
    const command = { kind: "subscribe", channel, auth, channelData: null, filter } as const;
    return subscribe(this.hub, socket, { ...command, delta: readDeltaRequest(delta) });
  }

  /** A new socket on the channel, without the frames of its subscription. */
  joined(channel: string, wanted: Wanted = {}): TestSocket {
    const socket = this.connect(wanted.dialect);
    const fault = this.subscribe(socket, channel, wanted);
    if (fault !== null) throw new Error(fault.message);
    socket.frames.length = 0;
    return socket;
  }

  /** Publishes to the channel "c" unless another is given. */
  send(given: Partial<Publication> = {}): void {
    const plain = { event: "e", data: data(1), channels: ["c"], exceptSocketId: null, ...PLAIN };
    publish(this.hub, { ...plain, ...given });
  }
}

/** The channel "c" with a conflation key. */
export const KEYED: ChannelDelta = {
  pattern: "c",
  enabled: true,
  algorithm: null,
  conflationKey: "symbol",
  maxKeys: null,
  deliverTags: null,
};

const NOTE = "what stays the same from one message to the next, and makes deltas pay ".repeat(3);

/** The data of a message, slightly different for each value. */
export function data(value: number, key = "BTC"): string {
  return JSON.stringify({ symbol: key, value, note: NOTE });
}

/** The whole frame. */
export function whole(text: string, channel = "c", event = "e"): string {
  return JSON.stringify({ event, data: text, channel });
}

/** The whole frame of the channel "c" with markers. */
export function marked(text: string, seq: number, key = ""): string {
  return `${whole(text).slice(0, -1)},"__delta_seq":${seq},"__conflation_key":"${key}"}`;
}

/** The frame that makes a client clear its state of a channel without a conflation key. */
export function emptyState(channel = "c"): string {
  return `{"event":"pusher:delta_cache_sync","channel":"${channel}","data":{"conflation_key":"key","max_messages_per_key":30,"states":{}}}`;
}

/** The state of the channel "c" without a conflation key, with one base. */
export function stateOf(text: string, seq: number): string {
  const content = JSON.stringify(whole(text));
  return emptyState().replace(
    '"states":{}',
    () => `"states":{"":[{"content":${content},"seq":${seq}}]}`,
  );
}

/** A parsed delta frame. */
export interface DeltaJson {
  readonly event: string;
  readonly channel: string;
  readonly data: {
    readonly event: string;
    readonly delta: string;
    readonly seq: number;
    readonly conflation_key: string;
    readonly base_index: number;
  };
}

/** Parses a delta frame. */
export function readDelta(frame: string | undefined): DeltaJson {
  return JSON.parse(frame ?? "");
}

/** Whether the frame is a delta of the first dialect. */
export function isDelta(frame: string | undefined): boolean {
  return frame?.startsWith('{"event":"pusher:delta",') === true;
}

/** One letter for each frame: `d` for a delta, `W` for any other. */
export function forms(frames: readonly string[]): string {
  return frames.map((frame) => (isDelta(frame) ? "d" : "W")).join("");
}
