// What writes messages as the bytes of one wire format. The hub deals in values; sockets whose codec
// is the same object get the same bytes.
import type { Dialect } from "./dialect.ts";
import type { Message, MessageChannel } from "./messages.ts";
import type { Publication } from "./publication.ts";

/** A text frame, or a binary one. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** How one publication is written for each of its channels. What is the same for all of them has been written already. */
export interface EventWriter {
  readonly format: EventFormat;
  /** The frame for one channel. */
  write(channel: MessageChannel, withTags: boolean): Frame;
}

/** How applications' events are written. Codecs that differ only in the server's own messages share it. */
export interface EventFormat {
  /** Whether deltas can be made of its frames: clients apply them to the text of a JSON frame. */
  readonly takesDeltas: boolean;
  /** Begins to write a publication. */
  begin(publication: Event): EventWriter;
}

/** What an event's frame is made of. */
export type Event = Pick<Publication, "event" | "data" | "userId" | "tags">;

/** Writes everything that a socket is sent. */
export interface Codec {
  /** Unlike that of any other codec. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly events: EventFormat;
  /** A message of the server's own. */
  write(message: Message): Frame;
}
