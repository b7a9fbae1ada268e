// Parses the binary frames of deltas: `0x01`, the number of the channel, the sequence number of the new message, the
// distance to its base, and the delta. Numbers are varints with seven bits per byte, lowest bits first.

/** A delta, from a text frame or a binary frame. */
export interface Delta {
  /** The sequence number of the resulting message. */
  readonly seq: number;
  readonly baseSeq: number;
  readonly bytes: Uint8Array;
}

/** A binary frame. */
export interface CompactFrame {
  /** The number of the channel on this connection. -1 when it is malformed. */
  readonly channel: number;
  /** Null when the frame is truncated or its numbers are invalid. */
  readonly delta: Delta | null;
}

const COMPACT_DELTA = 1;
/** Eight bytes hold 56 bits, more than the 53 bits of an exact number. */
const MAX_VARINT_BYTES = 8;

/** The parts of a frame, or null when it is not a delta. */
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
  /** The next varint. -1 when it is truncated or too large to be exact. */
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
