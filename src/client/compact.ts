// Reads the binary frames of deltas: `0x01`, the channel's number, the number of the new text, how
// far its base is behind, and the delta. Numbers are varints of seven bits a byte, the lowest first.

/** A delta, in whatever form it came. */
export interface Delta {
  /** The number of the text that it makes. */
  readonly seq: number;
  readonly baseSeq: number;
  readonly bytes: Uint8Array;
}

/** A binary frame. */
export interface CompactFrame {
  /** The channel's number on this connection; -1 when it cannot be read. */
  readonly channel: number;
  /** Null when it is cut off or its numbers cannot be. */
  readonly delta: Delta | null;
}

const COMPACT_DELTA = 1;
/** Eight bytes hold 56 bits, three more than a number is exact with. */
const MAX_VARINT_BYTES = 8;

/** The parts of a frame, or null when it is of another kind. */
export function readCompact(frame: Uint8Array): CompactFrame | null {
  if (frame[0] !== COMPACT_DELTA) return null;
  const channel = readVarint(frame, 1);
  const seq = readVarint(frame, channel.end);
  const distance = readVarint(frame, seq.end);
  const baseSeq = seq.value - distance.value;
  const isSound = seq.value >= 0 && distance.value > 0 && baseSeq >= 0;
  return {
    channel: channel.value,
    delta: isSound ? { seq: seq.value, baseSeq, bytes: frame.subarray(distance.end) } : null,
  };
}

interface Varint {
  /** -1 when it is cut off, or too large to be exact. */
  readonly value: number;
  readonly end: number;
}

function readVarint(frame: Uint8Array, from: number): Varint {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = frame[from + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80)
      return { value: Number.isSafeInteger(value) ? value : -1, end: from + index + 1 };
  }
  return { value: -1, end: frame.length };
}
