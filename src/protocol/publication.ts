// A publication: one event on its way to the subscribers of some channels, from whatever source. An
// API request is checked completely before anything is published, so that a refused request
// publishes nothing.
import { readTags, type Tags } from "../filter/tags.ts";
import type { AppLimits } from "./app.ts";
import { type Fault, isFault, REJECT } from "./faults.ts";
import { isRecord } from "./json.ts";
import { isChannelName, isSocketId, isUserChannelName } from "./names.ts";
import { findUnsupported } from "./publish-extras.ts";

/** An event for every subscriber of its channels, with at most one socket left out. */
export interface Publication {
  readonly event: string;
  /** The payload exactly as published: a text, whether JSON or not. */
  readonly data: string;
  /** Distinct names, at least one. */
  readonly channels: readonly string[];
  /** The id of the socket that is left out, or null. It is not an error if no such socket is connected. */
  readonly exceptSocketId: string | null;
  /** The sender's user id if this is a client event on a presence channel, otherwise null. */
  readonly userId: string | null;
  /** The tags that filters are matched against. */
  readonly tags: Tags;
  /** Whether it may be sent as a delta. True for events of the API unless the publisher opts out. */
  readonly compressible: boolean;
}

/** What a caller may ask for about a channel, in `info`. */
export type Attribute = "user_count" | "subscription_count" | "cache";

/** An event of the API, and what the caller wants to know about its channels. */
export interface EventRequest {
  readonly publication: Publication;
  readonly info: readonly Attribute[];
}

const PUBLISH_INFO: readonly Attribute[] = ["user_count", "subscription_count"];

/** Reads the parameters of `POST /events` (HTTP API reference, "POST event"). */
export function readEvent(body: Record<string, unknown>, limits: AppLimits): EventRequest | Fault {
  const channels = readChannels(body, limits);
  if (isFault(channels)) return channels;
  return readPublication(body, channels, limits);
}

/** Reads one item of `POST /batch_events`, which has a single `channel`. */
export function readBatchItem(item: unknown, limits: AppLimits): EventRequest | Fault {
  if (!isRecord(item)) return REJECT.batchNotList();
  const channel = item["channel"];
  if (channel === undefined) return REJECT.missingParameter("channel");
  if (!isPublishable(channel, limits)) return REJECT.invalidChannel();
  return readPublication(item, [channel], limits);
}

/** Reads `info`, a comma-separated list. Null, undefined and the empty text ask for nothing. */
export function readInfo(
  info: unknown,
  allowed: readonly Attribute[],
): readonly Attribute[] | Fault {
  if (info === undefined || info === null || info === "") return [];
  if (typeof info !== "string") return REJECT.unknownInfo(allowed.join(","));
  const attributes: Attribute[] = [];
  for (const name of info.split(",")) {
    const attribute = allowed.find((known) => known === name.trim());
    if (attribute === undefined) return REJECT.unknownInfo(allowed.join(","));
    if (!attributes.includes(attribute)) attributes.push(attribute);
  }
  return attributes;
}

function readPublication(
  body: Record<string, unknown>,
  channels: readonly string[],
  limits: AppLimits,
): EventRequest | Fault {
  const unsupported = findUnsupported(body);
  if (unsupported !== null) return unsupported;
  const event = body["name"];
  if (event === undefined) return REJECT.missingParameter("name");
  if (typeof event !== "string") return REJECT.nameNotString();
  if (event === "" || event.length > limits.maxEventNameLength)
    return REJECT.eventNameTooLong(limits.maxEventNameLength);
  // Events with this prefix control the internal state of the client libraries.
  if (event.startsWith("pusher_internal:")) return REJECT.reservedEvent(event);
  const data = readData(body["data"]);
  if (data === null) return REJECT.missingParameter("data");
  if (exceedsBytes(data, limits.maxEventDataBytes))
    return REJECT.dataTooLarge(limits.maxEventDataBytes);
  const socketId = body["socket_id"] ?? null;
  if (socketId !== null && (typeof socketId !== "string" || !isSocketId(socketId)))
    return REJECT.invalidSocketId();
  const info = readInfo(body["info"], PUBLISH_INFO);
  if (isFault(info)) return info;
  const tags = readTags(body["tags"]);
  if (tags.kind === "error") return REJECT.invalidTags(tags.message);
  return {
    publication: {
      event,
      data,
      channels,
      exceptSocketId: socketId,
      userId: null,
      tags: tags.tags,
      compressible: body["delta"] !== false,
    },
    info,
  };
}

/** Libraries send a text. Any other JSON is encoded once, as the libraries would have done. */
function readData(data: unknown): string | null {
  if (typeof data === "string") return data;
  return data === undefined || data === null ? null : JSON.stringify(data);
}

function readChannels(body: Record<string, unknown>, limits: AppLimits): readonly string[] | Fault {
  const given = body["channels"] ?? body["channel"];
  if (given === undefined) return REJECT.missingParameter("channels");
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length > limits.maxEventChannels)
    return REJECT.tooManyChannels(list.length, limits.maxEventChannels);
  if (list.length === 0) return REJECT.missingParameter("channels");
  const distinct = new Set<string>();
  for (const channel of list) {
    if (typeof channel !== "string") return REJECT.channelsNotList();
    if (!isPublishable(channel, limits)) return REJECT.invalidChannel();
    distinct.add(channel);
  }
  return [...distinct];
}

function isPublishable(channel: unknown, limits: AppLimits): channel is string {
  return (
    typeof channel === "string" && (isChannelName(channel, limits) || isUserChannelName(channel))
  );
}

/**
 * Whether the text is longer than `maxBytes` in UTF-8. A code unit takes at most three bytes, so most texts need not
 * be measured.
 */
export function exceedsBytes(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}
