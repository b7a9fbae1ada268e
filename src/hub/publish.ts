// Delivery on this node: one frame and one publish for each cohort, whatever the number of its sockets.
// Events of the API, of clients and of other nodes all come this way.
import type { Codec, Frame } from "../protocol/codec.ts";
import type { Message } from "../protocol/messages.ts";
import { channelKind } from "../protocol/names.ts";
import type { Publication } from "../protocol/publication.ts";
import type { AppHub } from "./app-hub.ts";
import type { Channel, Cohort } from "./channel.ts";
import { sendCompressed } from "./delta/compress.ts";
import { Outgoing } from "./delta/outgoing.ts";
import { EventWriters } from "./event-writers.ts";
import { boundBacklogs } from "./lag/backlogs.ts";
import { send, sendWhole } from "./send.ts";
import type { Socket } from "./socket.ts";

/** Delivers to everybody subscribed on this node. Channels without subscribers are no error. */
export function publish(hub: AppHub, publication: Publication): void {
  const { channels, exceptSocketId } = publication;
  const except = exceptSocketId === null ? null : (hub.sockets.get(exceptSocketId) ?? null);
  let writers: EventWriters | null = null;
  for (const name of channels) {
    const channel = hub.channels.get(name);
    if (channel === undefined) continue;
    // Quoting a large payload is what costs here: once for all channels, and not at all without subscribers.
    writers ??= new EventWriters(publication);
    const { only } = channel;
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

/** Publishes an event of the API, which cache channels remember. A socket that is left out finds it there too. */
export function publishFromApi(hub: AppHub, publication: Publication): void {
  hub.counters.publications++;
  for (const name of publication.channels)
    if (channelKind(name).cached) remember(hub, name, publication);
  publish(hub, publication);
}

/** Tells all subscribers of a channel something of the server's own, each in its format. */
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

/** The way with filters, deltas or lagging sockets. */
function publishTo(hub: AppHub, outgoing: Outgoing, except: Socket | null): void {
  const { channel, publication } = outgoing;
  const { backlog } = channel;
  // Of all cohorts of which a socket has lagged: it must not depend on which sockets lag just now what replaces what.
  let cohorts = "";
  let isMissed = false;
  let unwantingCount = channel.socketCount;
  channel.cohorts.forEachWanting(publication.event, publication.tags, (cohort: Cohort) => {
    unwantingCount -= cohort.socketCount;
    if (backlog?.cohorts.has(cohort)) cohorts += ` ${cohort.topic}`;
    if (cohort.laggingCount > 0) isMissed = true;
    // When all of its sockets lag, not even the delta is worth making.
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

function remember(hub: AppHub, name: string, publication: Publication): void {
  hub.cache.put(name, publication, hub.nowMs());
  const channel = hub.channels.get(name);
  if (channel !== undefined) channel.missTold = false;
}
