// The one publish path: API requests and client events alike come here. One frame and one
// publish for each cohort, whatever the number of its sockets.
import type { PublishedEvent } from "../events/app-event.ts";
import { eventPrefix, type Notice } from "../protocol/frames.ts";
import { channelKind } from "../protocol/names.ts";
import type { Publication } from "../protocol/publication.ts";
import { boundBacklogs } from "./backlogs.ts";
import type { Channel } from "./channel.ts";
import type { Cohort } from "./cohort.ts";
import { sendCompressed, sendWhole } from "./delta-cohort.ts";
import type { AppHub } from "./hub.ts";
import { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";
import { send } from "./send.ts";

/** Delivers to everybody subscribed on this node. Channels without subscribers are no error. */
export function publish(hub: AppHub, publication: Publication): void {
  const { event, data, channels, exceptSocketId, userId } = publication;
  const except = exceptSocketId === null ? null : (hub.sockets.get(exceptSocketId) ?? null);
  const end = userId === null ? "}" : `,"user_id":${JSON.stringify(userId)}}`;
  let prefix: string | null = null;
  for (const name of channels) {
    const channel = hub.channels.get(name);
    if (channel === undefined) continue;
    // Quoting a large payload is what costs here: once for all channels, and not at all for nobody.
    prefix ??= eventPrefix(event, data);
    const { only } = channel;
    if (only !== null)
      send(hub, only.topic, prefix + channel.suffix + end, except, only.socketCount);
    else
      publishTo(
        hub,
        new Outgoing(channel, publication, { prefix, end }, hub.delta.encoders),
        except,
      );
  }
}

/** Publishes an event of the API, which cache channels remember. A socket that is left out finds it there too. */
export function publishFromApi(hub: AppHub, publication: Publication): void {
  hub.counters.publications++;
  for (const name of publication.channels)
    if (channelKind(name).cached) remember(hub, name, publication);
  publish(hub, publication);
  if (hub.events.isTapped) tracePublication(hub, publication, "api");
}

/** Reports a publication to the taps of the event stream. The caller has checked that there are any. */
export function tracePublication(
  hub: AppHub,
  { event, data, channels }: Publication,
  origin: PublishedEvent["origin"],
): void {
  hub.trace({ kind: "published", channels, event, dataBytes: Buffer.byteLength(data), origin });
}

/** Tells all subscribers of a channel something of the server's own, each in its dialect. */
export function notify(hub: AppHub, channel: Channel, notice: Notice): void {
  for (const cohort of channel.cohorts.values())
    sendWhole(hub, cohort, notice(cohort.traits.dialect), null);
  if (channel.backlog === null) return;
  channel.backlog.addNotice(notice);
  boundBacklogs(hub);
}

/** The way with filters, deltas or slow sockets. */
function publishTo(hub: AppHub, outgoing: Outgoing, except: Socket | null): void {
  const { channel, publication } = outgoing;
  const { backlog } = channel;
  // Of all cohorts that have had slow sockets, so that who is slow just now decides nothing about what replaces what.
  let cohorts = "";
  let isMissed = false;
  let unwanting = channel.socketCount;
  channel.cohorts.forEachWanting(publication.event, publication.tags, (cohort: Cohort) => {
    unwanting -= cohort.socketCount;
    if (backlog?.cohorts.has(cohort)) cohorts += ` ${cohort.topic}`;
    if (cohort.slowCount > 0) isMissed = true;
    // With nobody to send it to now, not even the delta is worth making.
    if (cohort.slowCount === cohort.socketCount) return;
    if (cohort.delta !== null && outgoing.compressible)
      sendCompressed(hub, cohort, cohort.delta, outgoing, except);
    else sendWhole(hub, cohort, outgoing.text(cohort.deliversTags), except);
  });
  if (unwanting > 0)
    hub.counters.bytesSavedByFilters += unwanting * Buffer.byteLength(outgoing.text(false));
  if (!isMissed || backlog === null) return;
  const slowExcept = except !== null && hub.isBehind(except, channel) ? except : null;
  backlog.add(outgoing, { cohorts, except: slowExcept });
  boundBacklogs(hub);
}

function remember(hub: AppHub, name: string, publication: Publication): void {
  hub.cache.put(name, publication, hub.nowMs());
  const channel = hub.channels.get(name);
  if (channel !== undefined) channel.missTold = false;
}
