// The JSON of Pusher's protocol. Members are in the order that the live service uses: event, data,
// channel, user_id. Frames are assembled from quoted parts, because `JSON.stringify` per channel
// would quote a large payload again each time.
import type { Tags } from "../filter/tags.ts";
import type { Codec, Event, EventFormat, EventWriter } from "./codec.ts";
import { type Dialect, V1, V2 } from "./dialect.ts";
import { type Message, type MessageChannel, PONG } from "./messages.ts";

/** The end of every frame of one channel: `,"channel":"NAME"`. */
export function channelSuffix(channel: string): string {
  return `,"channel":${JSON.stringify(channel)}`;
}

/** An event as JSON. The text is the same in both dialects. */
export class JsonEvent implements EventWriter {
  readonly format: EventFormat = JSON_EVENTS;
  readonly #begin: string;
  readonly #end: string;
  readonly #tags: Tags;

  constructor({ event, data, userId, tags }: Event) {
    this.#begin = `{"event":${JSON.stringify(event)},"data":${JSON.stringify(data)}`;
    this.#end = userId === null ? "}" : `,"user_id":${JSON.stringify(userId)}}`;
    this.#tags = tags;
  }

  write({ suffix }: MessageChannel, withTags: boolean): string {
    if (!withTags) return this.#begin + suffix + this.#end;
    return this.#begin + suffix + tagsMember(this.#tags) + this.#end;
  }
}

/** The event format of the JSON codecs. */
export const JSON_EVENTS: EventFormat = {
  takesDeltas: true,
  begin: (publication) => new JsonEvent(publication),
};

/** JSON in one dialect. */
export class JsonCodec implements Codec {
  readonly name: string;
  readonly dialect: Dialect;
  readonly events: EventFormat = JSON_EVENTS;
  readonly #pong: string;

  constructor(dialect: Dialect) {
    this.name = `json${dialect.version}`;
    this.dialect = dialect;
    this.#pong = writeMessage(dialect, PONG);
  }

  write(message: Message): string {
    return message === PONG ? this.#pong : writeMessage(this.dialect, message);
  }
}

/** JSON in Pusher's dialect. */
export const JSON_V1: JsonCodec = new JsonCodec(V1);
/** JSON in Sockudo's dialect. */
export const JSON_V2: JsonCodec = new JsonCodec(V2);

function writeMessage(
  { prefix, internal: internalPrefix }: Dialect,
  { internal, name, data, channel, quotedData }: Message,
): string {
  const suffix = channel === null ? "" : channel.suffix;
  return `{"event":"${internal ? internalPrefix : prefix}${name}","data":${quotedData ?? JSON.stringify(data)}${suffix}}`;
}

function tagsMember(tags: Tags): string {
  return tags.size === 0 ? "" : `,"tags":${JSON.stringify(Object.fromEntries(tags))}`;
}
