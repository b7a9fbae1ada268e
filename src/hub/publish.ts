// The one publish path: API requests and client events alike come here. One frame and one
// publish for each cohort, whatever the number of its sockets.
import { eventPrefix } from "../protocol/frames.ts";
import { channelKind } from "../protocol/names.ts";
import type { Publication } from "../protocol/publication.ts";
import type { Channel } from "./channel.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";

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
    deliver(hub, channel, prefix + channel.suffix + end, except);
  }
}

/** Publishes an event of the API, which cache channels remember. A socket that is left out finds it there too. */
export function publishFromApi(hub: AppHub, publication: Publication): void {
  hub.counters.publications++;
  for (const name of publication.channels)
    if (channelKind(name).cached) remember(hub, name, publication);
  publish(hub, publication);
}

function remember(hub: AppHub, name: string, { event, data }: Publication): void {
  hub.cache.put(name, event, data, hub.nowMs());
  const channel = hub.channels.get(name);
  if (channel !== undefined) channel.missTold = false;
}

/** Hands one frame to each of the channel's cohorts. */
export function deliver(hub: AppHub, channel: Channel, text: string, except: Socket | null): void {
  const { counters, sink } = hub;
  const bytes = Buffer.byteLength(text);
  for (const cohort of channel.cohorts) {
    counters.framesSent += cohort.socketCount;
    counters.bytesSent += cohort.socketCount * bytes;
    sink.publish(cohort.topic, text, except);
  }
}
