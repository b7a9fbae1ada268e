// Handing one frame over for all sockets of a topic: the only place where frames leave the hub for
// more than one socket, so that they are counted.
import type { AppHub } from "./hub.ts";
import type { Frame, Socket } from "./ports.ts";

/** Sends the frame to the topic's sockets but one. `socketCount` is how many there are. */
export function send(
  hub: AppHub,
  topic: string,
  frame: Frame,
  except: Socket | null,
  socketCount: number,
): void {
  // For an empty topic the runtime's publish returns what it returns for a socket that lags.
  if (socketCount === 0) return;
  const { counters, sink } = hub;
  const bytes = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
  counters.framesSent += socketCount;
  counters.bytesSent += socketCount * bytes;
  sink.publish(topic, frame, except);
}
