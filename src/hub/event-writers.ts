// One publication in each wire format that some cohort needs. The part that is the same for all
// channels is written only once.
import type { EventFormat, EventWriter, Frame } from "../protocol/codec.ts";
import { JSON_EVENTS, JsonEvent } from "../protocol/json-codec.ts";
import type { MessageChannel } from "../protocol/messages.ts";
import type { Publication } from "../protocol/publication.ts";

/** The writers of one publication. Each is created on first use. */
export class EventWriters {
  readonly publication: Publication;
  #json: JsonEvent | null = null;
  #others: readonly EventWriter[] = NONE;

  constructor(publication: Publication) {
    this.publication = publication;
  }

  get json(): JsonEvent {
    return (this.#json ??= new JsonEvent(this.publication));
  }

  /** The writers that have been created for formats other than JSON. */
  get others(): readonly EventWriter[] {
    return this.#others;
  }

  /** The frame for one channel. */
  write(format: EventFormat, channel: MessageChannel, withTags: boolean): Frame {
    if (format === JSON_EVENTS) return this.json.write(channel, withTags);
    return this.#other(format).write(channel, withTags);
  }

  #other(format: EventFormat): EventWriter {
    const begun = this.#others.find((writer) => writer.format === format);
    if (begun !== undefined) return begun;
    const writer = format.begin(this.publication);
    this.#others = [...this.#others, writer];
    return writer;
  }
}

const NONE: readonly EventWriter[] = [];
