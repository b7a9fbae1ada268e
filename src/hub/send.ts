// Sends frames: to one socket, or to all sockets of a topic. Frames for a topic are counted here and
// leave the hub here; only watchlist events, which are not counted, go to the sink directly.
import type { Frame } from "../protocol/codec.ts";
import type { Message } from "../protocol/messages.ts";
import type { AppHub } from "./app-hub.ts";
import type { Cohort } from "./channel.ts";
import type { Peer } from "./ports.ts";

/** Sends a message of the server's own to one socket, in its codec. The socket itself counts the frame. */
export function tell(socket: Peer, message: Message): void {
  socket.send(socket.codec.write(message));
}

/** Sends the frame to all sockets on the topic except one. `socketCount` is the number of sockets on the topic. */
export function send(
  hub: AppHub,
  topic: string,
  frame: Frame,
  except: Peer | null,
  socketCount: number,
): void {
  // On a topic without sockets the runtime's publish returns the same status as for a lagging socket.
  if (socketCount === 0) return;
  const { counters, sink } = hub;
  const bytes = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
  counters.framesSent += socketCount;
  counters.bytesSent += socketCount * bytes;
  sink.publish(topic, frame, except);
}

/** Sends one frame to all sockets of the cohort, including the unsynced ones. */
export function sendWhole(hub: AppHub, cohort: Cohort, frame: Frame, except: Peer | null): void {
  const { delta, listenerCount } = cohort;
  // On a topic without sockets the runtime's publish returns the same status as for a lagging socket.
  if (listenerCount > 0) send(hub, cohort.topic, frame, except, listenerCount);
  if (delta !== null && delta.unsynced.size > 0)
    send(hub, delta.unsyncedTopic, frame, except, delta.unsynced.size);
}
