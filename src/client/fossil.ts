// Applies Fossil deltas in a browser. A delta is the length of the result, copies `length@offset,` and literals
// `length:bytes`, and a checksum with `;`. Whatever the input is, it stays within its arrays, allocates no more than
// allowed, and never throws.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
const VALUES: Int8Array = new Int8Array(256).fill(-1);
for (let value = 0; value < DIGITS.length; value++) VALUES[DIGITS.charCodeAt(value)] = value;

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const AT_SIGN = 0x40;

/**
 * The result of applying `delta` to `base`. Null when `delta` is malformed, when its checksum does not match, or when the
 * result is longer than `maxBytes`.
 */
export function applyFossil(
  base: Uint8Array,
  delta: Uint8Array,
  maxBytes: number,
): Uint8Array | null {
  const input = new Input(delta);
  const size = input.number();
  if (input.byte() !== LINE_FEED || size < 0 || size > maxBytes) return null;
  const out = new Uint8Array(size);
  let done = 0;
  for (;;) {
    const count = input.number();
    const command = input.byte();
    if (command === SEMICOLON)
      return done === size && input.isAtEnd && checksum(out) === count ? out : null;
    if (count < 0 || count > size - done) return null;
    const part = readPart(input, command, base, count);
    if (part === null) return null;
    out.set(part, done);
    done += count;
  }
}

function readPart(
  input: Input,
  command: number,
  base: Uint8Array,
  count: number,
): Uint8Array | null {
  if (command === COLON) return input.bytes(count);
  if (command !== AT_SIGN) return null;
  const offset = input.number();
  if (input.byte() !== COMMA || offset < 0 || offset + count > base.length) return null;
  return base.subarray(offset, offset + count);
}

class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next byte. -1 at the end. */
  byte(): number {
    return this.#bytes[this.#at++] ?? -1;
  }

  /** The next `count` bytes, or fewer at the end of the input. */
  bytes(count: number): Uint8Array {
    const from = this.#at;
    this.#at += count;
    return this.#bytes.subarray(from, this.#at);
  }

  /** The next number. -1 when there is none. A number with too many digits is larger than every limit that it is compared with. */
  number(): number {
    const from = this.#at;
    let number = 0;
    for (;;) {
      const value = VALUES[this.#bytes[this.#at] ?? 0] ?? -1;
      if (value < 0) return this.#at > from ? number : -1;
      number = number * 64 + value;
      this.#at++;
    }
  }
}

/** The sum of the big-endian 32-bit words. The last one is padded with zeros. */
function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length & ~3;
  let sum = 0;
  for (let at = 0; at < whole; at += 4) sum = (sum + view.getUint32(at)) | 0;
  for (let at = whole; at < bytes.length; at++)
    sum = (sum + (view.getUint8(at) << (24 - 8 * (at & 3)))) | 0;
  return sum >>> 0;
}
