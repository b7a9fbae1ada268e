// A strict VCDIFF decoder for tests, written only from RFC 3284:
// every section must be used up, and every address must point at existing bytes. The
// decoder that clients use ignores such errors. One window, default code table, no compression.

/** The result of `decodeStrictly`. */
export interface Decoded {
  readonly target: Uint8Array;
  /** The instruction codes in order, for tests that expect a certain code. */
  readonly codes: readonly number[];
  /** Whether the window has a source segment. */
  readonly hasSource: boolean;
}

/** Decodes one delta. @throws Error if it violates the RFC. */
export function decodeStrictly(delta: Uint8Array, source: Uint8Array): Decoded {
  const reader = new Reader(delta);
  check([...reader.take(5)].join() === "214,195,196,0,0", "header");
  const indicator = reader.byte();
  check(indicator === 0 || indicator === 1, "window indicator");
  const segmentLength = indicator === 1 ? reader.integer() : 0;
  const segmentAt = indicator === 1 ? reader.integer() : 0;
  check(segmentAt + segmentLength <= source.length, "source segment");
  const window = new Reader(reader.take(reader.integer()));
  check(reader.left === 0, "bytes after the window");
  const targetLength = window.integer();
  check(window.byte() === 0, "delta indicator");
  const [dataLength, codesLength, addressesLength] = [
    window.integer(),
    window.integer(),
    window.integer(),
  ];
  const data = new Reader(window.take(dataLength));
  const codes = new Reader(window.take(codesLength));
  const addresses = new Reader(window.take(addressesLength));
  check(window.left === 0, "bytes after the sections");

  const segment = source.subarray(segmentAt, segmentAt + segmentLength);
  const whole: number[] = [...segment];
  const near = [0, 0, 0, 0];
  const same = Array.from({ length: 768 }, () => 0);
  let nextNear = 0;

  function address(mode: number): number {
    let value = 0;
    if (mode === 0) value = addresses.integer();
    else if (mode === 1) value = whole.length - addresses.integer();
    else if (mode < 6) value = (near[mode - 2] ?? 0) + addresses.integer();
    else value = same[(mode - 6) * 256 + addresses.byte()] ?? 0;
    near[nextNear] = value;
    nextNear = (nextNear + 1) % 4;
    same[value % 768] = value;
    return value;
  }

  function run(instruction: Instruction): void {
    const size = instruction.size === 0 ? codes.integer() : instruction.size;
    check(size > 0, "instruction of no bytes");
    if (instruction.mode < 0) {
      whole.push(...data.take(size));
      return;
    }
    const from = address(instruction.mode);
    check(from >= 0 && from < whole.length, "copy address");
    for (let index = 0; index < size; index++) whole.push(whole[from + index] ?? 0);
  }

  const seen: number[] = [];
  while (codes.left > 0) {
    const code = codes.byte();
    seen.push(code);
    for (const instruction of instructionsOf(code)) run(instruction);
  }
  check(data.left === 0 && addresses.left === 0, "bytes left over in a section");
  check(whole.length - segment.length === targetLength, "target length");
  return {
    target: Uint8Array.from(whole.slice(segment.length)),
    codes: seen,
    hasSource: indicator === 1,
  };
}

// `size` 0: the size follows the code. `mode` -1: an ADD.
interface Instruction {
  readonly size: number;
  readonly mode: number;
}

// The default code table, RFC 3284 section 5.6, without RUN, which no encoder here writes.
function instructionsOf(code: number): readonly Instruction[] {
  check(code !== 0, "run");
  if (code <= 18) return [{ size: code - 1, mode: -1 }];
  if (code <= 162) {
    const [mode, place] = [Math.floor((code - 19) / 16), (code - 19) % 16];
    return [{ size: place === 0 ? 0 : place + 3, mode }];
  }
  if (code <= 234) {
    const [mode, place] = [Math.floor((code - 163) / 12), (code - 163) % 12];
    return [
      { size: Math.floor(place / 3) + 1, mode: -1 },
      { size: (place % 3) + 4, mode },
    ];
  }
  if (code <= 246) {
    const [mode, place] = [6 + Math.floor((code - 235) / 4), (code - 235) % 4];
    return [
      { size: place + 1, mode: -1 },
      { size: 4, mode },
    ];
  }
  return [
    { size: 4, mode: code - 247 },
    { size: 1, mode: -1 },
  ];
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error("Cannot read a byte: the section has ended");
    return byte;
  }

  integer(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  }

  take(length: number): Uint8Array {
    check(length <= this.left, "section length");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Cannot decode the delta: wrong ${what}`);
}
