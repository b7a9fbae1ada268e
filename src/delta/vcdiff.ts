// Writes VCDIFF deltas (RFC 3284), which clients call `xdelta3`: one window, the default code table, no
// secondary compression, no application header, no checksum, and copies from the base only. Every
// decoder supports this subset; the one in JavaScript clients refuses target windows and unknown
// indicator bits.

import { AddressCache, FIRST_SAME_MODE } from "./address-cache.ts";
import { Arena, DEFAULT_MAX_INPUT_BYTES, moveBytes } from "./arena.ts";
import type { DeltaEncoder } from "./encoder.ts";
import { MatchFinder } from "./match-finder.ts";

const HEADER = Uint8Array.of(0xd6, 0xc3, 0xc4, 0, 0);
const SOURCE_WINDOW = 1;
const PLAIN_WINDOW = 0;
const UNCOMPRESSED = 0;

// The first codes of the groups in the default code table (RFC 3284, section 5.6).
const ADD_CODE = 1;
const MAX_ADD_IN_CODE = 17;
const COPY_CODE = 19;
const COPY_CODES_PER_MODE = 16;
const MIN_COPY_IN_CODE = 4;
const MAX_COPY_IN_CODE = 18;
const ADD_COPY_CODE = 163;
const ADD_COPY_CODES_PER_MODE = 12;
const MAX_ADD_IN_ADD_COPY = 4;
const COPY_SIZES_IN_ADD_COPY = 3;
const ADD_COPY_SAME_CODE = 235;
const COPY_ADD_CODE = 247;

/**
 * The encoder for VCDIFF deltas. It allocates 0.8 MB for the default input size when it is made, and
 * later only the views that it returns.
 */
export class VcdiffEncoder implements DeltaEncoder {
  readonly #arena: Arena;
  readonly #finder: MatchFinder;
  readonly #addresses = new AddressCache();
  #instructionsEnd = 0;
  #addressesEnd = 0;
  // The position of the last code if it is a copy of four bytes, which may still be merged with a
  // following literal into a "copy, then add" code; else 0.
  #openCopyAt = 0;

  /** An encoder for inputs up to `maxInputBytes` each; longer ones get `null`. */
  constructor(maxInputBytes: number = DEFAULT_MAX_INPUT_BYTES) {
    this.#arena = new Arena(maxInputBytes);
    this.#finder = new MatchFinder(this.#arena, {
      shortestBytes: 2,
      longLength: MAX_COPY_IN_CODE + 1,
      offsetBitsPerByte: 7,
      splitBytes: 1,
    });
  }

  /** See `DeltaEncoder`. */
  encode(
    base: Uint8Array,
    next: Uint8Array,
    limitBytes: number = this.#arena.maxOutputBytes,
  ): Uint8Array | null {
    const arena = this.#arena;
    if (!arena.load(base, next)) return null;
    if (!this.#finder.find(limitBytes)) return null;
    const addressesAt = arena.spareAt + arena.maxOutputBytes;
    const literalBytes = this.#writeInstructions(base.length, next.length, addressesAt);
    const instructionBytes = this.#instructionsEnd - arena.spareAt;
    const addressBytes = this.#addressesEnd - addressesAt;
    const contentBytes =
      numberBytes(next.length) +
      1 +
      sectionBytes(literalBytes) +
      sectionBytes(instructionBytes) +
      sectionBytes(addressBytes);
    const hasSource = this.#finder.copies.count > 0;
    const { bytes } = arena;
    bytes.set(HEADER, arena.outAt);
    let out = arena.outAt + HEADER.length;
    bytes[out++] = hasSource ? SOURCE_WINDOW : PLAIN_WINDOW;
    if (hasSource) {
      out = writeNumber(bytes, out, base.length);
      out = writeNumber(bytes, out, 0);
    }
    out = writeNumber(bytes, out, contentBytes);
    if (out - arena.outAt + contentBytes >= limitBytes) return null;
    out = writeNumber(bytes, out, next.length);
    bytes[out++] = UNCOMPRESSED;
    out = writeNumber(bytes, out, literalBytes);
    out = writeNumber(bytes, out, instructionBytes);
    out = writeNumber(bytes, out, addressBytes);
    out = this.#writeLiterals(out, next.length);
    bytes.copyWithin(out, arena.spareAt, this.#instructionsEnd);
    out += instructionBytes;
    bytes.copyWithin(out, addressesAt, this.#addressesEnd);
    return bytes.subarray(arena.outAt, out + addressBytes);
  }

  // Writes instructions and addresses to the spare memory, because the window begins with their
  // lengths. Returns the number of literal bytes.
  #writeInstructions(baseLength: number, nextLength: number, addressesAt: number): number {
    const copies = this.#finder.copies;
    this.#instructionsEnd = this.#arena.spareAt;
    this.#addressesEnd = addressesAt;
    this.#openCopyAt = 0;
    this.#addresses.reset(baseLength);
    let done = 0;
    let literalBytes = 0;
    for (let index = 0; index < copies.count; index++) {
      const at = copies.at(index);
      const length = copies.length(index);
      this.#addresses.take(copies.from(index), baseLength + at);
      this.#writeAddress();
      if (!this.#addCopy(at - done, length)) {
        this.#add(at - done);
        this.#copy(length);
      }
      literalBytes += at - done;
      done = at + length;
    }
    this.#add(nextLength - done);
    return literalBytes + nextLength - done;
  }

  #writeAddress(): void {
    const { bytes } = this.#arena;
    const { value } = this.#addresses;
    if (this.#addresses.mode >= FIRST_SAME_MODE) bytes[this.#addressesEnd++] = value;
    else this.#addressesEnd = writeNumber(bytes, this.#addressesEnd, value);
  }

  // Merges a short literal and a following short copy into one code, if the table has one.
  #addCopy(literalBytes: number, length: number): boolean {
    const mode = this.#addresses.mode;
    if (literalBytes < 1 || literalBytes > MAX_ADD_IN_ADD_COPY) return false;
    if (length < MIN_COPY_IN_CODE) return false;
    if (mode >= FIRST_SAME_MODE) {
      if (length > MIN_COPY_IN_CODE) return false;
      const group = ADD_COPY_SAME_CODE + (mode - FIRST_SAME_MODE) * MAX_ADD_IN_ADD_COPY;
      this.#code(group + literalBytes - 1);
      return true;
    }
    if (length >= MIN_COPY_IN_CODE + COPY_SIZES_IN_ADD_COPY) return false;
    const group = ADD_COPY_CODE + mode * ADD_COPY_CODES_PER_MODE;
    this.#code(group + (literalBytes - 1) * COPY_SIZES_IN_ADD_COPY + length - MIN_COPY_IN_CODE);
    return true;
  }

  #add(literalBytes: number): void {
    if (literalBytes === 0) return;
    if (literalBytes === 1 && this.#openCopyAt > 0) {
      const { bytes } = this.#arena;
      const code = bytes[this.#openCopyAt] ?? 0;
      bytes[this.#openCopyAt] = COPY_ADD_CODE + (code - COPY_CODE - 1) / COPY_CODES_PER_MODE;
      this.#openCopyAt = 0;
      return;
    }
    if (literalBytes <= MAX_ADD_IN_CODE) this.#code(ADD_CODE + literalBytes);
    else this.#codeAndSize(ADD_CODE, literalBytes);
  }

  #copy(length: number): void {
    const group = COPY_CODE + this.#addresses.mode * COPY_CODES_PER_MODE;
    const inCode = length >= MIN_COPY_IN_CODE && length <= MAX_COPY_IN_CODE;
    if (!inCode) {
      this.#codeAndSize(group, length);
      return;
    }
    this.#code(group + length - MIN_COPY_IN_CODE + 1);
    if (length === MIN_COPY_IN_CODE) this.#openCopyAt = this.#instructionsEnd - 1;
  }

  #code(code: number): void {
    this.#arena.bytes[this.#instructionsEnd++] = code;
    this.#openCopyAt = 0;
  }

  #codeAndSize(code: number, size: number): void {
    this.#code(code);
    this.#instructionsEnd = writeNumber(this.#arena.bytes, this.#instructionsEnd, size);
  }

  #writeLiterals(start: number, nextLength: number): number {
    const copies = this.#finder.copies;
    const { bytes } = this.#arena;
    let out = start;
    let done = 0;
    for (let index = 0; index < copies.count; index++) {
      out = moveBytes(bytes, out, done, copies.at(index));
      done = copies.at(index) + copies.length(index);
    }
    return moveBytes(bytes, out, done, nextLength);
  }
}

// A variable-length integer (RFC 3284, section 2): base 128, the most significant digit first, with the
// high bit set on every byte except the last.
function writeNumber(bytes: Uint8Array, out: number, value: number): number {
  const length = numberBytes(value);
  let rest = value;
  for (let place = out + length - 1; place >= out; place--) {
    bytes[place] = place === out + length - 1 ? rest & 127 : (rest & 127) | 128;
    rest >>>= 7;
  }
  return out + length;
}

// The size of a section including the number in front of it that gives its length.
function sectionBytes(bytes: number): number {
  return numberBytes(bytes) + bytes;
}

function numberBytes(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
}
