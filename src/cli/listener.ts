// One connection of `fanwire tail`: it signs for the channel, keeps the connection alive, hands on what
// comes and tells how it ended. Whether there is another one is decided in tail.ts.
import { isRecord, parseJson } from "../protocol/json.ts";
import { channelKind } from "../protocol/names.ts";
import { sign, subscriptionText } from "../protocol/signatures.ts";
import type { CommandTarget } from "./target.ts";

/** The user that stands for this command on presence channels. */
export const OWN_USER_ID = "fanwire-tail";

/** What is heard on a connection. */
export interface Ears {
  /** The subscription stands; `data` is the roster of a presence channel. */
  subscribed(data: Readonly<Record<string, unknown>>): void;
  event(frame: Readonly<Record<string, unknown>>): void;
  /** The server refuses something, and the subscription lives on. */
  complaint(message: string): void;
}

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether the server had taken the connection. */
  readonly wasEstablished: boolean;
  /** Why there is no subscription, when the server has said so. */
  readonly refusal: string | null;
}

const DEFAULT_ACTIVITY_SECONDS = 120;
/** How long a server has to answer a ping, and a connect may take. */
const ANSWER_MS = 30_000;
/** The code that RFC 6455 has for a handshake of TLS that failed; the runtime says 1006. */
const TLS_FAILED = 1015;

/** Connects, subscribes and listens until the connection ends. */
export function listenOnce(target: CommandTarget, channel: string, ears: Ears): Promise<Ending> {
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
  // The only one that tells why there is no connection, and it comes before the close.
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
        ears.subscribed(data);
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
        ears.event(frame);
    }
  }

  function refuse({ code, message, error }: Readonly<Record<string, unknown>>): void {
    // Such a one says why the server is about to close the connection: the close decides.
    if (typeof code === "number" && code >= 4000 && code < 4300) return;
    const said = [message, error].find((each) => typeof each === "string");
    const text = said ?? "the server does not say why";
    if (isSubscribed) return ears.complaint(text);
    refusal = text;
    socket.close();
  }

  function ask(): void {
    socket.send('{"event":"pusher:ping","data":{}}');
    timer = setTimeout(giveUp, ANSWER_MS);
  }

  /** A close frame would wait for an answer, too. */
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

/** The data of a frame, which is an object or one as JSON text. */
export function recordOf(data: unknown): Readonly<Record<string, unknown>> {
  const value = typeof data === "string" ? parseJson(data) : data;
  return isRecord(value) ? value : {};
}
