// One publication on its way to one channel. Each form of its frame that some cohort needs is made
// once, on first use. Cohorts that have the same base share the delta.
import type { Base } from "../../delta/chain.ts";
import { conflationKey } from "../../delta/conflation.ts";
import type { DeltaEncoder } from "../../delta/encoder.ts";
import type { EventFormat, EventWriter, Frame } from "../../protocol/codec.ts";
import {
  COMPACT_HEAD_BYTES,
  compactFrame,
  type DeltaHead,
  deltaFrame,
  markedFrame,
} from "../../protocol/delta-frames.ts";
import type { Algorithm } from "../../protocol/delta-request.ts";
import type { Dialect } from "../../protocol/dialect.ts";
import { JSON_EVENTS, type JsonEvent } from "../../protocol/json-codec.ts";
import { hasExcessiveSlots } from "../../protocol/json-slots.ts";
import type { MessageChannel } from "../../protocol/messages.ts";
import type { Publication } from "../../protocol/publication.ts";
import type { Channel, Cohort } from "../channel.ts";
import type { CohortTraits, DeltaFormat } from "../cohort-traits.ts";
import type { MissedEvent } from "../lag/backlog.ts";

/** The delta encoders by algorithm. The result of an encoder is valid only until its next call. */
export type Encoders = Readonly<Record<Algorithm, DeltaEncoder>>;

const UTF8 = new TextEncoder();
/** Names of events that clients take for the server's own. Clients do not keep such events as bases. */
const PROTOCOL_EVENT = /^(?:pusher|sockudo)(?:_internal)?:/;

/** One publication in the wire formats that some cohort needs. */
export interface Writers {
  readonly publication: Publication;
  readonly json: JsonEvent;
  /** The writers that have been created for formats other than JSON. */
  readonly others: readonly EventWriter[];
  /** The frame for one channel. */
  write(format: EventFormat, channel: MessageChannel, withTags: boolean): Frame;
}

/** A publication for one channel. */
export class Outgoing {
  readonly publication: Publication;
  readonly channel: Channel;
  readonly #writers: Writers;
  readonly #encoders: Encoders;
  #untagged: string | null = null;
  #tagged: string | null = null;
  #seq = -1;
  #key: string | null = null;
  #compressible: boolean | null = null;
  /** Index 0 without tags, index 1 with them. */
  readonly #bases: [Base | null, Base | null] = [null, null];
  readonly #marked: [string | null, string | null] = [null, null];
  /** By base, then by form. Null means that the delta would not be shorter. */
  readonly #deltas: Map<Base, Map<string, Frame | null>> = new Map();
  /** By base, then by algorithm and form of the text. */
  readonly #encodings: Map<Base, Map<string, Uint8Array | null>> = new Map();

  constructor(channel: Channel, writers: Writers, encoders: Encoders) {
    this.channel = channel;
    this.publication = writers.publication;
    this.#writers = writers;
    this.#encoders = encoders;
  }

  /**
   * Whether the publication may be sent as a delta and become a base. False if the publisher excluded it, and if
   * clients would not decode it correctly.
   */
  get compressible(): boolean {
    this.#compressible ??= this.publication.compressible && isKept(this.publication);
    return this.#compressible;
  }

  /** The whole frame for a cohort, without markers. */
  frame({ traits, deliversTags }: Cohort): Frame {
    const { events } = traits.codec;
    if (events === JSON_EVENTS) return this.text(deliversTags);
    return this.#writers.write(events, this.channel, deliversTags);
  }

  /** What the backlog keeps of the publication for lagging sockets. */
  missed(): MissedEvent {
    const { channel, publication } = this;
    for (const cohort of channel.cohorts.values()) if (cohort.laggingCount > 0) this.frame(cohort);
    const untagged = this.text(false);
    const isKeyed = publication.compressible && channel.settings.keyPath.length > 0;
    return {
      event: publication.event,
      tags: publication.tags,
      untagged,
      tagged: channel.settings.deliverTags ? this.text(true) : untagged,
      writers: this.#writers.others,
      channel,
      conflationKey: isKeyed ? this.conflationKey : "",
    };
  }

  /** The whole frame as JSON text, without markers. */
  text(withTags: boolean): string {
    const { json } = this.#writers;
    if (withTags && this.publication.tags.size > 0)
      return (this.#tagged ??= json.write(this.channel, true));
    return (this.#untagged ??= json.write(this.channel, false));
  }

  /** The conflation key, which selects the channel's chain. Empty for none. */
  get conflationKey(): string {
    if (this.#key !== null) return this.#key;
    const { keyPath } = this.channel.settings;
    const { data } = this.publication;
    // Data that would be too expensive to parse counts as having no key.
    this.#key = keyPath.length > 0 && hasExcessiveSlots(data) ? "" : conflationKey(data, keyPath);
    return this.#key;
  }

  /** The frame as a base, with its sequence number on the channel. */
  base(withTags: boolean): Base {
    const index = withTags ? 1 : 0;
    let base = this.#bases[index];
    if (base === null) {
      const text = this.text(withTags);
      if (this.#seq < 0) this.#seq = this.channel.nextSeq();
      base = { seq: this.#seq, text, bytes: UTF8.encode(text) };
      this.#bases[index] = base;
    }
    return base;
  }

  /** The whole frame with the markers that make clients keep it as a base. */
  marked(withTags: boolean): string {
    const index = withTags ? 1 : 0;
    const { text, seq } = this.base(withTags);
    this.#marked[index] ??= markedFrame(text, seq, this.conflationKey);
    return this.#marked[index];
  }

  /** The frame of the delta against the base, or null if it would not be shorter than the whole frame. */
  delta(
    base: Base,
    { codec, delta }: CohortTraits,
    withTags: boolean,
    named: boolean,
  ): Frame | null {
    if (delta === null) return null;
    const forms = this.#deltas.get(base) ?? new Map<string, Frame | null>();
    this.#deltas.set(base, forms);
    const form = `${codec.name}${delta.algorithm}${delta.compact}${withTags}${named}`;
    let frame = forms.get(form);
    if (frame === undefined) {
      frame = delta.compact
        ? this.#compact(base, delta, withTags)
        : this.#enveloped(base, delta, codec.dialect, withTags, named);
      forms.set(form, frame);
    }
    return frame;
  }

  #compact(base: Base, { algorithm }: DeltaFormat, withTags: boolean): Frame | null {
    const next = this.base(withTags);
    const delta = this.#encoded(base, algorithm, withTags);
    if (delta === null || delta.length > next.bytes.length - COMPACT_HEAD_BYTES) return null;
    return compactFrame(this.channel.number, next.seq, base.seq, delta);
  }

  #enveloped(
    base: Base,
    { algorithm }: DeltaFormat,
    dialect: Dialect,
    withTags: boolean,
    named: boolean,
  ): Frame | null {
    const next = this.base(withTags);
    const delta = this.#encoded(base, algorithm, withTags);
    if (delta === null) return null;
    const head: DeltaHead = {
      suffix: this.channel.suffix,
      event: JSON.stringify(this.publication.event),
      seq: next.seq,
      baseSeq: base.seq,
      key: this.conflationKey,
      algorithm: named ? algorithm : null,
    };
    const frame = deltaFrame(dialect, head, delta.toBase64());
    return Buffer.byteLength(frame) < next.bytes.length ? frame : null;
  }

  /** The delta without an envelope, which all forms share. Null if it would not be shorter than the text. */
  #encoded(base: Base, algorithm: Algorithm, withTags: boolean): Uint8Array | null {
    const encodings = this.#encodings.get(base) ?? new Map<string, Uint8Array | null>();
    this.#encodings.set(base, encodings);
    const name = `${algorithm}${withTags}`;
    let delta = encodings.get(name);
    if (delta === undefined) {
      const next = this.base(withTags).bytes;
      // Copied, because the encoder reuses its memory.
      delta = this.#encoders[algorithm].encode(base.bytes, next, next.length)?.slice() ?? null;
      encodings.set(name, delta);
    }
    return delta;
  }
}

/** Whether clients would keep the right text as a base and reconstruct the right event from a delta. */
function isKept({ event, data, tags }: Publication): boolean {
  // Clients take an empty delta payload for a missing one. They would also cut a tag of this name out of the
  // text together with the marker.
  return data !== "" && !PROTOCOL_EVENT.test(event) && !tags.has("__conflation_key");
}
