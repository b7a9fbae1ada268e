// Handing frames over: to one socket, or to all sockets of a topic. These are the only places where
// frames leave the hub for more than one socket, so that all of them are counted.
import type { Frame } from "../protocol/codec.ts";
import type { Message } from "../protocol/messages.ts";
import type { AppHub } from "./app-hub.ts";
import type { Cohort } from "./channel.ts";
import type { Peer } from "./ports.ts";

/** Sends a message of the server's own to one socket. */
export function tell(socket: Peer, message: Message): void {
  socket.send(socket.codec.write(message));
}

/** Sends the frame to all sockets of the topic but one. `socketCount` is how many there are. */
export function send(
  hub: AppHub,
  topic: string,
  frame: Frame,
  except: Peer | null,
  socketCount: number,
): void {
  // For a topic without sockets the runtime's publish returns the same as for a socket that lags.
  if (socketCount === 0) return;
  const { counters, sink } = hub;
  const bytes = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
  counters.framesSent += socketCount;
  counters.bytesSent += socketCount * bytes;
  sink.publish(topic, frame, except);
}

/** Sends one frame to all sockets of the cohort, the unsynced ones included. */
export function sendWhole(hub: AppHub, cohort: Cohort, frame: Frame, except: Peer | null): void {
  const { delta, listenerCount } = cohort;
  // For a topic without sockets the runtime returns the same as for a socket that lags.
  if (listenerCount > 0) send(hub, cohort.topic, frame, except, listenerCount);
  if (delta !== null && delta.unsynced.size > 0)
    send(hub, delta.unsyncedTopic, frame, except, delta.unsynced.size);
}
