// Reads a client's command from a text frame. Reading never throws and trusts nothing: the result
// is a command with checked types, or the fault to reply with.
import {
  type Algorithm,
  type DeltaRequest,
  readAlgorithms,
  readDeltaRequest,
} from "./delta-request.ts";
import { type Fault, REFUSE } from "./faults.ts";
import { excessOfJson, isRecord, parseJson } from "./json.ts";

/** A command, as one frame of a client carries it. */
export type Command =
  | { readonly kind: "ping" }
  | { readonly kind: "pong" }
  | SubscribeCommand
  | { readonly kind: "unsubscribe"; readonly channel: string }
  | SigninCommand
  | { readonly kind: "enableDelta"; readonly algorithm: Algorithm | null }
  | { readonly kind: "deltaSyncError"; readonly channel: string }
  | ClientEventCommand;

/** `pusher:subscribe`. */
export interface SubscribeCommand {
  readonly kind: "subscribe";
  readonly channel: string;
  /** `KEY:SIGNATURE`, or null if none was sent. */
  readonly auth: string | null;
  /** The member as JSON text, exactly as signed, or null if none was sent. */
  readonly channelData: string | null;
  /** What the subscription asks for in delta compression, or null. */
  readonly delta?: DeltaRequest | null;
  /** The filter as it was sent; undefined if there is none. */
  readonly filter?: unknown;
}

/** `pusher:signin`. */
export interface SigninCommand {
  readonly kind: "signin";
  /** `KEY:SIGNATURE`, or null if none was sent. */
  readonly auth: string | null;
  /** The user as JSON text, exactly as signed, or null if none was sent. */
  readonly userData: string | null;
}

/** A frame whose event name begins with `client-`. */
export interface ClientEventCommand {
  readonly kind: "clientEvent";
  readonly event: string;
  readonly channel: string;
  /** The data as it was sent. A string is passed on to the other subscribers unchanged, any other value as JSON. */
  readonly data: unknown;
}

const PING: Command = { kind: "ping" };
const PONG: Command = { kind: "pong" };

/** Reads a text frame. Any invalid input results in a fault that leaves the socket open. */
export function readCommand(text: string): Command | Fault {
  const frame = parseJson(text);
  if (!isRecord(frame)) return REFUSE.unreadFrame(excessOfJson(text));
  const event = frame["event"];
  if (typeof event !== "string") return REFUSE.malformedFrame();
  // Either prefix is accepted on every connection.
  switch (event.startsWith("sockudo:") ? `pusher:${event.slice("sockudo:".length)}` : event) {
    case "pusher:ping":
      return PING;
    case "pusher:pong":
      return PONG;
    case "pusher:subscribe":
      return readSubscribe(parameters(frame["data"]));
    case "pusher:unsubscribe":
      return readChannelOf("unsubscribe", event, frame);
    case "pusher:signin":
      return readSigninCommand(parameters(frame["data"]));
    case "pusher:enable_delta_compression":
      return {
        kind: "enableDelta",
        algorithm: readAlgorithms(parameters(frame["data"])["algorithms"]),
      };
    case "pusher:delta_sync_error":
      return readChannelOf("deltaSyncError", event, frame);
    default:
      return event.startsWith("client-")
        ? readClientEvent(event, frame)
        : REFUSE.unsupportedEvent(event);
  }
}

function readSubscribe(data: Record<string, unknown>): SubscribeCommand | Fault {
  const channel = data["channel"];
  if (typeof channel !== "string") return REFUSE.missingChannel("pusher:subscribe");
  for (const [member, lacks] of UNSUPPORTED_MEMBERS)
    if (isAsked(data[member])) return REFUSE.unsupportedMember(channel, member, lacks);
  return {
    kind: "subscribe",
    channel,
    // pusher-js sends an empty `auth` for public channels, which counts as none.
    auth: nonEmpty(data["auth"]),
    channelData: nonEmpty(data["channel_data"]),
    delta: readDeltaRequest(data["delta"]),
    filter: withEvents(data["filter"] ?? data["tags_filter"], data["events"]),
  };
}

/** Members of a subscription that would change what is delivered and that this server does not support. */
const UNSUPPORTED_MEMBERS: readonly (readonly [member: string, lacks: string])[] = [
  ["rewind", "keeps no history"],
  ["modes", "has no modes of subscriptions"],
];

function isAsked(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false;
}

/** Merges the filter with the list of events that Sockudo's older client sends as a separate member. */
function withEvents(filter: unknown, events: unknown): unknown {
  if (events === undefined || events === null) return filter;
  if (filter === undefined || filter === null) return { events };
  const isCompound =
    isRecord(filter) && ["events", "tags", "expression"].some((part) => part in filter);
  // Putting both lists in one place leaves it to the filter's parser to report what is wrong with them.
  return isCompound ? { ...filter, events: filter["events"] ?? events } : { events, tags: filter };
}

/** Reads a command that names a channel and nothing else. */
function readChannelOf(
  kind: "unsubscribe" | "deltaSyncError",
  event: string,
  frame: Record<string, unknown>,
): Command | Fault {
  const { channel } = parameters(frame["data"]);
  return typeof channel === "string" ? { kind, channel } : REFUSE.missingChannel(event);
}

function readSigninCommand(data: Record<string, unknown>): SigninCommand {
  return { kind: "signin", auth: nonEmpty(data["auth"]), userData: nonEmpty(data["user_data"]) };
}

function readClientEvent(event: string, frame: Record<string, unknown>): Command | Fault {
  const channel = frame["channel"];
  if (typeof channel !== "string") return REFUSE.clientEventMalformed();
  // Laravel Echo's whisper() without a payload sends no data, and its users expect it to be delivered.
  return { kind: "clientEvent", event, channel, data: frame["data"] ?? {} };
}

/** Parameters are an object; some clients send them as JSON text. */
function parameters(data: unknown): Record<string, unknown> {
  const value = typeof data === "string" ? parseJson(data) : data;
  return isRecord(value) ? value : {};
}

function nonEmpty(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
