// Codecs: what writes messages as the bytes of a wire format. The hub works with message values.
// Sockets that have the same codec object get the same bytes.
import type { Dialect } from "./dialect.ts";
import type { Message, MessageChannel } from "./messages.ts";
import type { Publication } from "./publication.ts";

/** The content of a text frame, or of a binary one. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/**
 * Writes one publication for each of its channels. The part that is the same for all channels has been written
 * already.
 */
export interface EventWriter {
  readonly format: EventFormat;
  /** The frame for one channel. */
  write(channel: MessageChannel, withTags: boolean): Frame;
}

/**
 * How application events are written. Codecs that differ only in how they write the server's own messages share one
 * format.
 */
export interface EventFormat {
  /** Whether deltas can be made of its frames. Clients apply deltas to the text of a JSON frame. */
  readonly takesDeltas: boolean;
  /** Starts writing a publication. */
  begin(publication: Event): EventWriter;
}

/** What an event's frame contains. */
export type Event = Pick<Publication, "event" | "data" | "userId" | "tags">;

/** Writes everything that a socket is sent. */
export interface Codec {
  /** Unique among codecs. */
  readonly name: string;
  readonly dialect: Dialect;
  /** How it writes publications. */
  readonly events: EventFormat;
  /** Writes a message of the server's own. */
  write(message: Message): Frame;
}
