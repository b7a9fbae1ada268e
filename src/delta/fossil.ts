// Writes Fossil deltas, the format of the Fossil version control system: the length of the result, then
// copies `length@offset,` and literals `length:bytes`, then a checksum and `;`. Every Fossil decoder can
// apply them, whichever copies the encoder has chosen.

import { Arena, DEFAULT_MAX_INPUT_BYTES, moveBytes } from "./arena.ts";
import type { DeltaEncoder } from "./encoder.ts";
import { MatchFinder } from "./match-finder.ts";

const DIGITS = new TextEncoder().encode(
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~",
);
const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const AT_SIGN = 0x40;

/**
 * The encoder for Fossil deltas. It allocates 0.8 MB for the default input size when it is made, and
 * later only the views that it returns.
 */
export class FossilEncoder implements DeltaEncoder {
  readonly #arena: Arena;
  readonly #finder: MatchFinder;

  /** An encoder for inputs up to `maxInputBytes` each; longer ones get `null`. */
  constructor(maxInputBytes: number = DEFAULT_MAX_INPUT_BYTES) {
    this.#arena = new Arena(maxInputBytes);
    this.#finder = new MatchFinder(this.#arena, {
      shortestBytes: 4,
      longLength: 64,
      offsetBitsPerByte: 6,
      splitBytes: 2,
    });
  }

  /** See `DeltaEncoder`. */
  encode(
    base: Uint8Array,
    next: Uint8Array,
    limitBytes: number = this.#arena.maxOutputBytes,
  ): Uint8Array | null {
    const arena = this.#arena;
    const copies = this.#finder.copies;
    if (!arena.load(base, next)) return null;
    if (!this.#finder.find(limitBytes)) return null;
    const bytes = arena.bytes;
    let out = writeNumber(bytes, arena.outAt, next.length);
    bytes[out++] = LINE_FEED;
    let done = 0;
    for (let index = 0; index < copies.count; index++) {
      const copyAt = copies.at(index);
      if (copyAt > done) out = writeLiteral(bytes, out, done, copyAt);
      out = writeNumber(bytes, out, copies.length(index));
      bytes[out++] = AT_SIGN;
      out = writeNumber(bytes, out, copies.from(index));
      bytes[out++] = COMMA;
      done = copyAt + copies.length(index);
    }
    if (done < next.length) out = writeLiteral(bytes, out, done, next.length);
    out = writeNumber(bytes, out, checksum(arena.view, next.length));
    bytes[out++] = SEMICOLON;
    return out - arena.outAt < limitBytes ? bytes.subarray(arena.outAt, out) : null;
  }
}

function writeLiteral(bytes: Uint8Array, out: number, from: number, to: number): number {
  const end = writeNumber(bytes, out, to - from);
  bytes[end] = COLON;
  return moveBytes(bytes, end + 1, from, to);
}

// Base 64 with Fossil's digits, the most significant first.
function writeNumber(bytes: Uint8Array, out: number, value: number): number {
  let length = 1;
  for (let rest = value >>> 6; rest > 0; rest >>>= 6) length++;
  let rest = value;
  for (let place = out + length - 1; place >= out; place--) {
    bytes[place] = DIGITS[rest & 63] ?? 0;
    rest >>>= 6;
  }
  return out + length;
}

// The sum of the text's big-endian 32-bit words; the last word is padded with zeros.
function checksum(view: DataView, length: number): number {
  let sum = 0;
  let position = 0;
  for (; position + 16 <= length; position += 16) {
    sum =
      (sum +
        view.getInt32(position) +
        view.getInt32(position + 4) +
        view.getInt32(position + 8) +
        view.getInt32(position + 12)) |
      0;
  }
  for (; position + 4 <= length; position += 4) sum = (sum + view.getInt32(position)) | 0;
  for (let shift = 24; position < length; position++, shift -= 8) {
    sum = (sum + (view.getUint8(position) << shift)) | 0;
  }
  return sum >>> 0;
}
