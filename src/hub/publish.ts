// Delivery on this node: one frame and one publish per cohort, however many sockets it has. Events
// of the API, client events and events from other nodes all go through here.
import type { PublishedEvent } from "../events/app-event.ts";
import type { Codec, EventFormat, EventWriter, Frame } from "../protocol/codec.ts";
import { JSON_EVENTS, JsonEvent } from "../protocol/json-codec.ts";
import type { Message, MessageChannel } from "../protocol/messages.ts";
import { channelKind } from "../protocol/names.ts";
import type { Publication } from "../protocol/publication.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel, Cohort } from "./channel.ts";
import { sendCompressed } from "./delta/compress.ts";
import { Outgoing, type Writers } from "./delta/outgoing.ts";
import { boundBacklogs } from "./lag/backlogs.ts";
import { send, sendWhole } from "./send.ts";
import type { Socket } from "./socket.ts";

/** A publication from another node. */
export interface Arrival {
  readonly publication: Publication;
  /** Whether it came from an application or from a client there. */
  readonly origin: PublishedEvent["origin"];
}

/** Delivers to all subscribers on this node. A channel without subscribers is not an error. */
export function publish(hub: AppHub, publication: Publication): void {
  const { channels, exceptSocketId } = publication;
  const except = exceptSocketId === null ? null : (hub.sockets.get(exceptSocketId) ?? null);
  let writers: EventWriters | null = null;
  for (const name of channels) {
    const channel = hub.channels.get(name);
    if (channel === undefined) continue;
    // Quoting a large payload is the expensive part: it is done once for all channels, and not at all if
    // there are no subscribers.
    writers ??= new EventWriters(publication);
    const { only } = channel;
    // With a single cohort that gets everything whole, all that is left is one frame and one publish.
    if (only === null) publishTo(hub, new Outgoing(channel, writers, hub.delta.encoders), except);
    else
      send(
        hub,
        only.topic,
        writers.write(only.traits.codec.events, channel, false),
        except,
        only.socketCount,
      );
  }
}

/**
 * Publishes an event of the API. A cache channel also remembers it, so the socket that the publish leaves out finds
 * it there when it subscribes again. `now` is the part of it for channels that need not wait.
 */
export function publishFromApi(
  hub: AppHub,
  publication: Publication,
  now: Publication = publication,
): void {
  hub.counters.publications++;
  remember(hub, now);
  publish(hub, now);
  if (hub.events.isTapped) tracePublication(hub, publication, "api");
}

/**
 * Delivers an event that was published on another node. A cache channel remembers it as it remembers those of this
 * node's API, but no client event.
 */
export function publishFromNode(hub: AppHub, arrival: Arrival): void {
  rememberArrival(hub, arrival);
  publish(hub, arrival.publication);
}

/** Does only the part of it that does not need a subscriber. */
export function rememberArrival(hub: AppHub, { publication, origin }: Arrival): void {
  if (origin === "api") remember(hub, publication);
}

/** Reports a publication to the taps of the event stream. The caller has checked that there are any. */
export function tracePublication(
  hub: AppHub,
  { event, data, channels }: Publication,
  origin: PublishedEvent["origin"],
): void {
  hub.trace({ kind: "published", channels, event, dataBytes: Buffer.byteLength(data), origin });
}

/** Sends a message of the server's own to all subscribers of a channel, to each in its own format. */
export function notify(hub: AppHub, channel: Channel, message: Message): void {
  let codec: Codec | null = null;
  let frame: Frame = "";
  for (const cohort of channel.cohorts.values()) {
    if (cohort.traits.codec !== codec) frame = cohort.traits.codec.write(message);
    codec = cohort.traits.codec;
    sendWhole(hub, cohort, frame, null);
  }
  if (channel.backlog === null) return;
  channel.backlog.addMessage(message);
  boundBacklogs(hub);
}

/** Delivers to a channel that has filters, deltas, tags, lagging sockets or several cohorts. */
function publishTo(hub: AppHub, outgoing: Outgoing, except: Socket | null): void {
  const { channel, publication } = outgoing;
  const { backlog } = channel;
  // Names every cohort that has had a lagging socket since the backlog was created. Which event replaces
  // which in the backlog must not depend on which sockets happen to lag right now.
  let cohorts = "";
  let isMissed = false;
  let unwantingCount = channel.socketCount;
  channel.cohorts.forEachWanting(publication.event, publication.tags, (cohort: Cohort) => {
    unwantingCount -= cohort.socketCount;
    if (backlog?.cohorts.has(cohort)) cohorts += ` ${cohort.topic}`;
    if (cohort.laggingCount > 0) isMissed = true;
    // If all of its sockets lag, no frame or delta is needed.
    if (cohort.laggingCount === cohort.socketCount) return;
    if (cohort.delta !== null && outgoing.compressible)
      sendCompressed(hub, cohort, cohort.delta, outgoing, except);
    else sendWhole(hub, cohort, outgoing.frame(cohort), except);
  });
  if (unwantingCount > 0)
    hub.counters.bytesSavedByFilters += unwantingCount * Buffer.byteLength(outgoing.text(false));
  if (!isMissed || backlog === null) return;
  const laggingExcept = except !== null && hub.isBehind(except, channel) ? except : null;
  backlog.add(outgoing.missed(), { cohorts, except: laggingExcept });
  boundBacklogs(hub);
}

function remember(hub: AppHub, publication: Publication): void {
  for (const name of publication.channels) {
    if (!channelKind(name).cached) continue;
    hub.cache.put(name, publication, hub.nowMs());
    const channel = hub.channels.get(name);
    if (channel !== undefined) channel.missSent = false;
  }
}

/** The writers of one publication, each created on first use. The part that is the same for all channels is written only once. */
export class EventWriters implements Writers {
  readonly publication: Publication;
  #json: JsonEvent | null = null;
  #others: readonly EventWriter[] = NONE;

  constructor(publication: Publication) {
    this.publication = publication;
  }

  get json(): JsonEvent {
    return (this.#json ??= new JsonEvent(this.publication));
  }

  /** The writers that have been created for formats other than JSON. */
  get others(): readonly EventWriter[] {
    return this.#others;
  }

  /** The frame for one channel. */
  write(format: EventFormat, channel: MessageChannel, withTags: boolean): Frame {
    if (format === JSON_EVENTS) return this.json.write(channel, withTags);
    return this.#other(format).write(channel, withTags);
  }

  #other(format: EventFormat): EventWriter {
    const begun = this.#others.find((writer) => writer.format === format);
    if (begun !== undefined) return begun;
    const writer = format.begin(this.publication);
    this.#others = [...this.#others, writer];
    return writer;
  }
}

const NONE: readonly EventWriter[] = [];
