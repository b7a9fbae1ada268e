// Reads the markers and the channel of a text frame without parsing all of it. Both are at the end of the text, after the
// data, so that the same words inside the data are never mistaken for them.

/** A whole message that can be a base. */
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
 * The message and its markers, or null when it has none.
 *
 * Only members of the frame itself can match: inside a string quotes are escaped, and a nested object has a closing brace
 * of its own.
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

/** The channel of a frame, or null when there is none. The frame is parsed only if the channel is not the last member. */
export function channelOf(frame: string): string | null {
  // Starts at the last occurrence, so that the expression does not try every occurrence inside the data.
  const at = frame.lastIndexOf('"channel":"');
  if (at < 0) return null;
  const match = CHANNEL_MEMBER.exec(frame.slice(at - 1));
  if (match !== null) return match[1] ?? "";
  const { channel } = asRecord(parseJson(frame));
  return typeof channel === "string" ? channel : null;
}

/** The value of a JSON text, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value if it is an object, else an empty object. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The `data` of a frame as an object. It may be given as JSON text. */
export function dataOf(
  frame: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const data = frame["data"];
  return asRecord(typeof data === "string" ? parseJson(data) : data);
}
