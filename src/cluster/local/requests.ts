// What a worker asks of the router besides publishing, as bytes: to be let in, and topics to join and leave.
import { HEADER_BYTES, KIND, LENGTH_BYTES, VERSION } from "./frames.ts";
import type { SendBuffer } from "./send-buffer.ts";

/** Who a worker is. */
export interface Hello {
  /** What the primary has given it. */
  readonly token: string;
  readonly nodeId: string;
}

const JOIN = 1;
const LEAVE = 2;
const NUMBER_BYTES = 4;
/** Whether it is joined or left, and the length of the topic. */
const ENTRY_BYTES = 3;
const HELLO = /^([0-9a-f]{1,64}) ([A-Za-z0-9]{1,64})$/;

/** Adds a frame that asks to be let in. */
export function writeHello(target: SendBuffer, { token, nodeId }: Hello): void {
  const text = `${token} ${nodeId}`;
  const bytes = target.reserve(HEADER_BYTES + 1 + text.length);
  const at = target.end;
  bytes.writeUInt32LE(2 + text.length, at);
  bytes[at + LENGTH_BYTES] = KIND.hello;
  bytes[at + HEADER_BYTES] = VERSION;
  bytes.write(text, at + HEADER_BYTES + 1, "latin1");
  target.advance(HEADER_BYTES + 1 + text.length);
}

/** Reads it; null when it is malformed or of another version. */
export function readHello(bytes: Buffer, from: number, to: number): Hello | null {
  if (bytes[from + HEADER_BYTES] !== VERSION) return null;
  const [, token, nodeId] = HELLO.exec(bytes.toString("latin1", from + HEADER_BYTES + 1, to)) ?? [];
  return token === undefined || nodeId === undefined ? null : { token, nodeId };
}

/** Adds a frame that joins the topics that are true and leaves those that are false. */
export function writeInterest(
  target: SendBuffer,
  number: number,
  topics: Iterable<readonly [topic: string, isJoin: boolean]>,
): void {
  let frameBytes = HEADER_BYTES + NUMBER_BYTES;
  const written: (readonly [bytes: Buffer, isJoin: boolean])[] = [];
  for (const [topic, isJoin] of topics) {
    const bytes = Buffer.from(topic);
    written.push([bytes, isJoin]);
    frameBytes += ENTRY_BYTES + bytes.length;
  }
  const bytes = target.reserve(frameBytes);
  let at = target.end;
  bytes.writeUInt32LE(frameBytes - LENGTH_BYTES, at);
  bytes[at + LENGTH_BYTES] = KIND.interest;
  bytes.writeUInt32LE(number, at + HEADER_BYTES);
  at += HEADER_BYTES + NUMBER_BYTES;
  for (const [topic, isJoin] of written) {
    bytes[at] = isJoin ? JOIN : LEAVE;
    bytes.writeUInt16LE(topic.length, at + 1);
    topic.copy(bytes, at + ENTRY_BYTES);
    at += ENTRY_BYTES + topic.length;
  }
  target.advance(frameBytes);
}

/** Calls `each` for every topic, as a key of one byte a character. Returns the frame's number, or null when it is malformed. */
export function readInterest(
  bytes: Buffer,
  from: number,
  to: number,
  each: (topic: string, isJoin: boolean) => void,
): number | null {
  let at = from + HEADER_BYTES + NUMBER_BYTES;
  if (at > to) return null;
  while (at < to) {
    if (at + ENTRY_BYTES > to) return null;
    const change = bytes[at];
    const end = at + ENTRY_BYTES + bytes.readUInt16LE(at + 1);
    if (end > to || (change !== JOIN && change !== LEAVE)) return null;
    each(bytes.toString("latin1", at + ENTRY_BYTES, end), change === JOIN);
    at = end;
  }
  return bytes.readUInt32LE(from + HEADER_BYTES);
}
