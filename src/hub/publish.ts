// The one publish path: API requests and client events alike come here. One frame and one
// publish for each cohort, whatever the number of its sockets.
import { eventPrefix, type Notice } from "../protocol/frames.ts";
import { channelKind } from "../protocol/names.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Channel } from "./channel.ts";
import type { Cohort } from "./cohort.ts";
import { sendCompressed, sendWhole } from "./delta-cohort.ts";
import type { AppHub } from "./hub.ts";
import { Outgoing } from "./outgoing.ts";
import type { Socket } from "./ports.ts";
import { send } from "./send.ts";
import { isOverBudget } from "./waiting.ts";

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
}

/** Tells all subscribers of a channel something of the server's own, each in its dialect. */
export function notify(hub: AppHub, channel: Channel, notice: Notice): void {
  for (const cohort of channel.cohorts.values())
    sendWhole(hub, cohort, notice(cohort.traits.dialect), null);
  channel.backlog?.addNotice(notice);
}

/** The way with filters, deltas or slow sockets. */
function publishTo(hub: AppHub, outgoing: Outgoing, except: Socket | null): void {
  const { channel, publication } = outgoing;
  let slowCohorts = "";
  let unwanting = channel.socketCount;
  channel.cohorts.forEachWanting(publication.event, publication.tags, (cohort: Cohort) => {
    unwanting -= cohort.socketCount;
    if (cohort.slowCount > 0) slowCohorts += ` ${cohort.topic}`;
    // With nobody to send it to now, not even the delta is worth making.
    if (cohort.slowCount === cohort.socketCount) return;
    if (cohort.delta !== null && outgoing.compressible)
      sendCompressed(hub, cohort, cohort.delta, outgoing, except);
    else sendWhole(hub, cohort, outgoing.text(cohort.deliversTags), except);
  });
  if (unwanting > 0)
    hub.counters.bytesSavedByFilters += unwanting * Buffer.byteLength(outgoing.text(false));
  if (slowCohorts === "") return;
  const slowExcept = except !== null && hub.isBehind(except, channel) ? except : null;
  channel.backlog?.add(outgoing, { cohorts: slowCohorts, except: slowExcept });
  if (isOverBudget(hub)) hub.relieveSoon();
}

function remember(hub: AppHub, name: string, publication: Publication): void {
  hub.cache.put(name, publication, hub.nowMs());
  const channel = hub.channels.get(name);
  if (channel !== undefined) channel.missTold = false;
}
