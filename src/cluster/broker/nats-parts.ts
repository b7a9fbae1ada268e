// Messages that are longer than a NATS server takes are sent in parts. A part says in its reply subject, which nobody
// replies to, what it is a part of; a whole message has none. The parts of one sender come in order, between the messages
// of others.
import { MAX_MESSAGE_BYTES } from "./bounds.ts";

/** Messages of which parts are missing. With one more, the oldest is given up. */
const MAX_INCOMPLETE = 64;

const LABEL = /^part\.(\w+)\.(\d+)\.(\d+)$/;

/** One part. */
export interface Part {
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** The parts of a message. `id` is unique among all senders, and of letters, digits and underscores. */
export function partsOf(bytes: Uint8Array, maxBytes: number, id: string): readonly Part[] {
  const count = Math.ceil(bytes.length / maxBytes);
  return Array.from({ length: count }, (_, index) => ({
    label: `part.${id}.${index}.${count}`,
    bytes: bytes.subarray(index * maxBytes, (index + 1) * maxBytes),
  }));
}

interface Incomplete {
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Puts messages together again. */
export class PartsReader {
  readonly #incomplete = new Map<string, Incomplete>();

  /** The whole message, when this was its last part. What does not fit together is dropped. */
  read(label: string, bytes: Uint8Array): Uint8Array | undefined {
    const [, id = "", index, count] = LABEL.exec(label) ?? [];
    const message = Number(index) === 0 ? this.#begin(id) : this.#incomplete.get(id);
    if (message === undefined) return undefined;
    message.bytes += bytes.length;
    if (message.parts.length !== Number(index) || message.bytes > MAX_MESSAGE_BYTES) {
      this.#incomplete.delete(id);
      return undefined;
    }
    // The bytes belong to a buffer of the client's, which goes on being used.
    message.parts.push(new Uint8Array(bytes));
    if (message.parts.length < Number(count)) return undefined;
    this.#incomplete.delete(id);
    return Buffer.concat(message.parts);
  }

  #begin(id: string): Incomplete {
    const [oldest] = this.#incomplete.keys();
    if (oldest !== undefined && this.#incomplete.size >= MAX_INCOMPLETE)
      this.#incomplete.delete(oldest);
    const message = { parts: [], bytes: 0 };
    this.#incomplete.set(id, message);
    return message;
  }
}
