// Decodes the frames of one subscription in the compact format, using only what docs/delta.md says.
import type { Delivery } from "./delivery.ts";
import { applied, type StateJson } from "./sockudo-decoder.ts";

const MAX_TEXTS_PER_KEY = 30;
const MARKERS = /,"__delta_seq":(\d+),"__conflation_key":"([^"]*)"\}$/;

interface Kept {
  readonly text: string;
  readonly seq: number;
}

/** The parts of a compact frame. */
export interface CompactFrame {
  /** The channel's number. */
  readonly number: number;
  readonly seq: number;
  readonly baseSeq: number;
  readonly delta: Uint8Array;
}

/** The state of one subscription. */
export class CompactDecoder {
  readonly #algorithm: string;
  readonly #lists = new Map<string, Kept[]>();
  /** Deltas that could not be applied. */
  readonly errors: string[] = [];

  constructor(algorithm: string) {
    this.#algorithm = algorithm;
  }

  /** Takes a text frame of the channel, which is a whole message. */
  receive(text: string): Delivery {
    const markers = MARKERS.exec(text);
    const unmarked = markers === null ? text : text.replace(MARKERS, "}");
    if (markers !== null) this.#keep(markers[2] ?? "", { text: unmarked, seq: Number(markers[1]) });
    return delivery(unmarked);
  }

  /** Replaces its state by the state of all chains. */
  replace({ states }: Pick<StateJson, "states">): void {
    this.#lists.clear();
    for (const [key, list] of Object.entries(states))
      for (const { content, seq } of list) this.#keep(key, { text: content, seq });
  }

  /** Takes a delta. Returns null if it cannot be applied. */
  apply({ seq, baseSeq, delta }: CompactFrame): Delivery | null {
    for (const [key, list] of this.#lists) {
      const base = list.find((kept) => kept.seq === baseSeq);
      if (base === undefined) continue;
      try {
        const text = applied(base.text, delta, this.#algorithm);
        this.#keep(key, { text, seq });
        return delivery(text);
      } catch (error) {
        this.errors.push(String(error));
        return null;
      }
    }
    this.errors.push(`no text has the number ${baseSeq}`);
    return null;
  }

  #keep(key: string, kept: Kept): void {
    const list = this.#lists.get(key) ?? [];
    this.#lists.set(key, list);
    list.push(kept);
    if (list.length > MAX_TEXTS_PER_KEY) list.shift();
  }
}

/** Splits a binary frame into its parts. Throws unless it is a compact delta. */
export function readCompactFrame(frame: Uint8Array): CompactFrame {
  if (frame[0] !== 1) throw new Error(`Cannot read a binary frame of type ${frame[0]}: must be 1`);
  let at = 1;
  function varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = frame[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
  const number = varint();
  const seq = varint();
  const baseSeq = seq - varint();
  return { number, seq, baseSeq, delta: frame.subarray(at) };
}

function delivery(text: string): Delivery {
  const { event, data, tags, user_id: userId } = JSON.parse(text);
  return { event, data, tags, userId };
}
