// A codec that writes bytes: a length of four bytes in network order, then JSON of a form of its own in
// UTF-8. Its frames differ from those of the JSON codecs and from compact deltas.
import type { Tags } from "../../src/filter/tags.ts";
import type { Codec, Event, EventFormat, EventWriter } from "../../src/protocol/codec.ts";
import { type Dialect, V1, V2 } from "../../src/protocol/dialect.ts";
import type { Message, MessageChannel } from "../../src/protocol/messages.ts";

const LENGTH_BYTES = 4;

/** The contents of a frame. */
export interface ByteFrame {
  /** Whether it is a publication; otherwise it is a message of the server. */
  readonly published: boolean;
  readonly name: string;
  readonly data: Message["data"];
  readonly channel: string | null;
  readonly userId: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A byte format for events. `begun` is called for every publication that is begun. */
export function byteEvents(begun: () => void = () => {}): EventFormat {
  const format: EventFormat = {
    takesDeltas: false,
    begin: (publication) => {
      begun();
      return new ByteEvent(format, publication);
    },
  };
  return format;
}

/** The byte codec of one dialect. */
export class ByteCodec implements Codec {
  readonly name: string;
  readonly dialect: Dialect;
  readonly events: EventFormat;

  constructor(dialect: Dialect, events: EventFormat) {
    this.name = `bytes${dialect.version}`;
    this.dialect = dialect;
    this.events = events;
  }

  write({ internal, name, data, channel }: Message): Uint8Array<ArrayBuffer> {
    const { prefix, internal: internalPrefix } = this.dialect;
    return framed({
      published: false,
      name: `${internal ? internalPrefix : prefix}${name}`,
      data,
      channel: channel?.name ?? null,
      userId: null,
      tags: {},
    });
  }
}

const BYTE_EVENTS = byteEvents();
/** The byte codec of Pusher's dialect. */
export const BYTES_V1: ByteCodec = new ByteCodec(V1, BYTE_EVENTS);
/** The byte codec of Sockudo's dialect. */
export const BYTES_V2: ByteCodec = new ByteCodec(V2, BYTE_EVENTS);

/** Whether the bytes are a frame of this codec. A compact delta never begins with 0. */
export function isByteFrame(bytes: Uint8Array): boolean {
  return bytes[0] === 0;
}

/** Reads a frame. Throws if the bytes are not exactly one. */
export function readByteFrame(bytes: Uint8Array): ByteFrame {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length !== bytes.length - LENGTH_BYTES)
    throw new Error(
      `Cannot read a frame of ${bytes.length} bytes: it says that ${length} bytes follow its length`,
    );
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES));
  const frame: ByteFrame = JSON.parse(text);
  return frame;
}

class ByteEvent implements EventWriter {
  readonly format: EventFormat;
  readonly #event: Event;

  constructor(format: EventFormat, { event, data, userId, tags }: Event) {
    this.format = format;
    this.#event = { event, data, userId, tags };
  }

  write({ name: channel }: MessageChannel, withTags: boolean): Uint8Array<ArrayBuffer> {
    const { event: name, data, userId, tags } = this.#event;
    const shown: Tags = withTags ? tags : new Map();
    return framed({
      published: true,
      name,
      data,
      channel,
      userId,
      tags: Object.fromEntries(shown),
    });
  }
}

function framed(frame: ByteFrame): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(frame));
  const bytes = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, LENGTH_BYTES);
  return bytes;
}
