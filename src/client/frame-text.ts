// Reads what the shim must know of frames that come as text, without parsing all of them: the
// markers of whole messages, and channels. Both stand at the end of the text, behind the data, so
// that data which contains the same words is never taken for them.

/** A whole message that deltas may build on. */
export interface MarkedText {
  /** The message without its markers. */
  readonly text: string;
  readonly seq: number;
  /** The conflation key. */
  readonly key: string;
}

const SEQ_MARKER = ',"__delta_seq":';
const MARKERS = /^,"__delta_seq":(\d{1,16}),"__conflation_key":"([^"\\]*)"\}$/;

/**
 * The message with its markers taken apart, or null when it has none.
 *
 * A quote inside of data is escaped or ends a text, and nested objects end with a brace of their
 * own: only members of the frame itself can match.
 */
export function readMarked(frame: string): MarkedText | null {
  if (!frame.endsWith('"}')) return null;
  const at = frame.lastIndexOf(SEQ_MARKER);
  const match = at < 0 ? null : MARKERS.exec(frame.slice(at));
  if (match === null) return null;
  const seq = Number(match[1]);
  if (!Number.isSafeInteger(seq)) return null;
  return { text: `${frame.slice(0, at)}}`, seq, key: match[2] ?? "" };
}

const CHANNEL_MEMBER = /[{,]"channel":"([^"\\]*)"\}$/;

/** The channel of a frame, or null when there is none. Nothing is parsed when the channel comes last. */
export function channelOf(frame: string): string | null {
  // From the last one, so that the expression does not try all channels that the data may contain.
  const at = frame.lastIndexOf('"channel":"');
  if (at < 0) return null;
  const match = CHANNEL_MEMBER.exec(frame.slice(at - 1));
  if (match !== null) return match[1] ?? "";
  const { channel } = asRecord(parseJson(frame));
  return typeof channel === "string" ? channel : null;
}

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members of an object; none of anything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The members of a frame's `data`, which may be an object or its JSON text. */
export function dataOf(
  frame: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const data = frame["data"];
  return asRecord(typeof data === "string" ? parseJson(data) : data);
}
