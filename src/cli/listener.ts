// One connection of `fanwire tail`: it subscribes with a signature, keeps the connection alive, passes on what arrives,
// and reports how the connection ended. tail.ts decides whether to reconnect.
import { isRecord, parseJson } from "../protocol/json.ts";
import { channelKind } from "../protocol/names.ts";
import { sign, subscriptionText } from "../protocol/signatures.ts";
import type { CommandTarget } from "./target.ts";

/** The user id of this command on presence channels. */
export const OWN_USER_ID = "fanwire-tail";

/** Receives what happens on a connection. */
export interface TailHandlers {
  /** The subscription succeeded. On a presence channel `data` has the members. */
  subscribed(data: Readonly<Record<string, unknown>>): void;
  event(frame: Readonly<Record<string, unknown>>): void;
  /** The server refused something. The subscription continues. */
  complaint(message: string): void;
}

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether the server had accepted the connection. */
  readonly wasEstablished: boolean;
  /** Why the server refused the subscription, or null. */
  readonly refusal: string | null;
}

const DEFAULT_ACTIVITY_SECONDS = 120;
/** How long a connect and the answer to a ping may take. */
const ANSWER_MS = 30_000;
/** The close code of RFC 6455 for a failed TLS handshake. Bun reports 1006. */
const TLS_FAILED = 1015;

/** Connects, subscribes and listens. Resolves when the connection has ended. */
export function listenOnce(
  target: CommandTarget,
  channel: string,
  handlers: TailHandlers,
): Promise<Ending> {
  const url = `${target.url.replace(/^http/, "ws")}/app/${target.key}?protocol=7&client=fanwire-tail&version=1.0`;
  const socket = new WebSocket(url, { tls: target.tls });
  const ended = Promise.withResolvers<Ending>();
  let activityMs = DEFAULT_ACTIVITY_SECONDS * 1000;
  let wasEstablished = false;
  let isSubscribed = false;
  let refusal: string | null = null;
  let failure = "";
  let timer = setTimeout(giveUp, ANSWER_MS);

  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    clearTimeout(timer);
    timer = setTimeout(ask, activityMs);
    const frame = parseJson(String(data));
    if (isRecord(frame)) hear(frame);
  };
  // Only this event says why a connect failed. It comes before the close event.
  socket.onerror = (event) => {
    failure = "message" in event ? event.message.replace(/^.*? failed: /, "") : "";
  };
  socket.onclose = ({ code, reason }: CloseEvent) =>
    failure.startsWith("TLS ") ? end(TLS_FAILED, failure) : end(code, reason || failure);
  return ended.promise;

  function hear(frame: Readonly<Record<string, unknown>>): void {
    const data = recordOf(frame["data"]);
    switch (frame["event"]) {
      case "pusher:connection_established":
        wasEstablished = true;
        activityMs = secondsOf(data["activity_timeout"]) * 1000;
        socket.send(subscription(target, String(data["socket_id"]), channel));
        return;
      case "pusher_internal:subscription_succeeded":
        isSubscribed = true;
        handlers.subscribed(data);
        return;
      case "pusher:ping":
        socket.send('{"event":"pusher:pong","data":{}}');
        return;
      case "pusher:pong":
        return;
      case "pusher:error":
      case "pusher:subscription_error":
        refuse(data);
        return;
      default:
        handlers.event(frame);
    }
  }

  function refuse({ code, message, error }: Readonly<Record<string, unknown>>): void {
    // An error with such a code is followed by a close with the same code, which is handled there.
    if (typeof code === "number" && code >= 4000 && code < 4300) return;
    const said = [message, error].find((each) => typeof each === "string");
    const text = said ?? "the server does not say why";
    if (isSubscribed) return handlers.complaint(text);
    refusal = text;
    socket.close();
  }

  function ask(): void {
    socket.send('{"event":"pusher:ping","data":{}}');
    timer = setTimeout(giveUp, ANSWER_MS);
  }

  /** Ends the connection without a close handshake, for which the server would have to answer. */
  function giveUp(): void {
    socket.terminate();
    end(1006, "no answer");
  }

  function end(code: number, reason: string): void {
    clearTimeout(timer);
    socket.onmessage = null;
    ended.resolve({ code, reason, wasEstablished, refusal });
  }
}

function subscription(target: CommandTarget, socketId: string, channel: string): string {
  const kind = channelKind(channel);
  if (!kind.authorised) return frameOf({ channel });
  const channelData = kind.presence ? JSON.stringify({ user_id: OWN_USER_ID }) : null;
  const signature = sign(target.secret, subscriptionText(socketId, channel, channelData));
  const auth = `${target.key}:${signature}`;
  return frameOf(
    channelData === null ? { channel, auth } : { channel, auth, channel_data: channelData },
  );
}

function frameOf(data: Readonly<Record<string, string>>): string {
  return JSON.stringify({ event: "pusher:subscribe", data });
}

function secondsOf(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : DEFAULT_ACTIVITY_SECONDS;
}

/** The data of a frame, which may be an object or JSON text of one. */
export function recordOf(data: unknown): Readonly<Record<string, unknown>> {
  const value = typeof data === "string" ? parseJson(data) : data;
  return isRecord(value) ? value : {};
}
