// A raw client that asks for deltas and decodes them as Sockudo's JavaScript client does. It keeps
// beside each event how it came, which libraries hide.
import { type Dialect, V1, V2 } from "../../src/protocol/dialect.ts";
import type { Delivery } from "../property/model/delivery.ts";
import { SockudoDecoder } from "../property/model/sockudo-decoder.ts";
import { settled } from "./form.ts";
import { connectRaw, type Frame, type RawClient } from "./raw-client.ts";
import type { Scope } from "./scope.ts";
import { socketUrl, type Target } from "./target.ts";

/** How an event came: as a delta, whole with the markers of a base, or whole without. */
export type Form = "delta" | "base" | "whole";

/** An event as it came and as the application is handed it. Null when it could not be decoded. */
export interface Arrival {
  readonly form: Form;
  readonly frame: Frame;
  readonly delivery: Delivery | null;
}

/** One client. */
export class DeltaClient {
  readonly #raw: RawClient;
  readonly #dialect: Dialect;
  readonly socketId: string;
  readonly decoder: SockudoDecoder;
  /** Frames of the protocol that nobody has taken yet, without pongs. */
  readonly #control: Frame[] = [];
  /** Loses the next frame that holds an event, as if it had never come. */
  #losesNext = false;

  constructor(raw: RawClient, dialect: Dialect, socketId: string, decoder: SockudoDecoder) {
    this.#raw = raw;
    this.#dialect = dialect;
    this.socketId = socketId;
    this.decoder = decoder;
  }

  /** Sends one of the protocol's own events; `event` comes without its prefix. */
  send(event: string, data: unknown): void {
    this.#raw.send({ event: `${this.#dialect.prefix}${event}`, data });
  }

  /** Sends a client event. */
  say(channel: string, event: string, data: unknown): void {
    this.#raw.send({ event, channel, data });
  }

  /** Subscribes, and returns what the server answers, in its order. */
  async subscribe(
    channel: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly Frame[]> {
    this.send("subscribe", { channel, ...parameters });
    return this.answers();
  }

  /** Takes the answers to what was sent before now. @throws when an event is among them. */
  async answers(): Promise<readonly Frame[]> {
    const [arrival] = await this.#take();
    if (arrival !== undefined) throw new Error(`Cannot read an answer: ${arrival.frame.text} came`);
    return this.#control.splice(0);
  }

  /** Takes the events that the server sent before now. */
  async arrivals(): Promise<readonly Arrival[]> {
    await settled();
    return this.#take();
  }

  async #take(): Promise<readonly Arrival[]> {
    const { prefix, internal } = this.#dialect;
    this.send("ping", {});
    const frames = await this.#raw.frames.takeUntil(({ event }) => event === `${prefix}pong`);
    return frames.flatMap((frame): readonly Arrival[] => {
      const form = formOf(frame, prefix);
      const isEvent = !frame.event.startsWith(prefix) && !frame.event.startsWith(internal);
      if (this.#losesNext && (isEvent || form === "delta")) {
        this.#losesNext = false;
        return [];
      }
      const delivery = this.#decode(frame);
      if (isEvent || form === "delta") return [{ form, frame, delivery }];
      this.#control.push(frame);
      return [];
    });
  }

  /** Takes the events that the server sent before now, as the application is handed them. */
  async events(): Promise<readonly Delivery[]> {
    const arrivals = await this.arrivals();
    return arrivals.flatMap(({ delivery }) => (delivery === null ? [] : [delivery]));
  }

  /** Makes it lose the next event that comes. */
  loseNext(): void {
    this.#losesNext = true;
  }

  #decode({ text }: Frame): Delivery | null {
    const { resyncs } = this.decoder;
    const before = resyncs.length;
    const delivery = this.decoder.receive(text);
    // As the client does: once for each base that it misses.
    for (const channel of resyncs.slice(before)) this.send("delta_sync_error", { channel });
    return delivery;
  }
}

/** What a connection is made with. */
export interface Connecting {
  /** 7 by default. */
  readonly protocol?: 7 | 2;
  /** What it knows from an earlier connection. */
  readonly decoder?: SockudoDecoder;
}

/** A client that has its socket id. */
export async function connectDelta(
  scope: Scope,
  target: Target,
  { protocol = 7, decoder }: Connecting = {},
): Promise<DeltaClient> {
  const dialect = protocol === 2 ? V2 : V1;
  const url = socketUrl(target, `protocol=${protocol}&client=delta-client&version=1.0`);
  const { client, socketId } = await connectRaw(scope, url);
  return new DeltaClient(client, dialect, socketId, decoder ?? new SockudoDecoder(dialect));
}

function formOf({ event, text }: Frame, prefix: string): Form {
  if (event === `${prefix}delta`) return "delta";
  return /,"__delta_seq":\d+,"__conflation_key":"[^"]*"\}$/.test(text) ? "base" : "whole";
}
