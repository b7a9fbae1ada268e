// Decodes the deltas of one connection. It adds a request for deltas to the page's subscriptions, and turns the frames
// that arrive into those that the page would have received without deltas. Channels for which the page itself asks for
// deltas are left alone: the page decodes those. It does no I/O and never throws, whatever the frames contain.
import { type DeltaChannel, Channels } from "./channels.ts";
import { type Delta, readCompact } from "./compact.ts";
import { applyFossil } from "./fossil.ts";
import { asRecord, channelOf, dataOf, parseJson, readMarked } from "./frame-text.ts";
import { readRequest, withDeltaMember } from "./request.ts";
import type { Tally } from "./tally.ts";

/** The options of one connection. */
export interface DecoderSettings {
  /** Whether to ask for deltas on a channel. */
  readonly asks: (channel: string) => boolean;
  readonly format: "compact" | "json";
  /** The maximum memory for bases. */
  readonly maxBaseBytes: number;
  /** The maximum size of a decoded message. */
  readonly maxMessageBytes: number;
}

const CONTROL =
  /^\s*\{\s*"event"\s*:\s*"(?:pusher|sockudo)(?:_internal)?:(delta|delta_cache_sync|delta_compression_enabled|compact_channel|subscription_succeeded)"/;
const ENCODER: TextEncoder = new TextEncoder();
// Fatal, so that invalid UTF-8 counts as a failed delta. A byte order mark belongs to the message.
const DECODER: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The deltas of one connection. */
export class DeltaDecoder {
  readonly #settings: DecoderSettings;
  readonly #tally: Tally;
  readonly #send: (frame: string) => void;
  readonly #channels: Channels;
  /** Channels for which the page itself asked for deltas. */
  readonly #pagesOwn: Set<string> = new Set();
  #hasAsked = false;
  #pageDecodes = false;

  /** `send` sends a frame to the server unchanged. */
  constructor(settings: DecoderSettings, tally: Tally, send: (frame: string) => void) {
    this.#settings = settings;
    this.#tally = tally;
    this.#send = send;
    this.#channels = new Channels(settings.maxBaseBytes);
  }

  /** The approximate memory of all bases. */
  get baseBytes(): number {
    return this.#channels.usedBytes;
  }

  /** The frame to send in place of a frame of the page. */
  outgoing(frame: string): string {
    const request = readRequest(frame);
    if (request === null) return frame;
    if (request.kind === "enable") {
      this.#pageDecodes = true;
      return frame;
    }
    const { channel } = request;
    if (request.kind === "unsubscribe") {
      this.#channels.close(channel);
      return frame;
    }
    if (request.asksItself) {
      this.#channels.close(channel);
      this.#pagesOwn.add(channel);
      return frame;
    }
    if (this.#pageDecodes || !this.#settings.asks(channel)) return frame;
    this.#pagesOwn.delete(channel);
    this.#hasAsked = true;
    this.#channels.open(channel, request.prefix);
    return withDeltaMember(frame, this.#settings.format);
  }

  /** The text frame that the page gets. Null when it gets none. */
  incomingText(frame: string): string | null {
    if (!this.#hasAsked) return this.#pass(frame);
    const control = CONTROL.exec(frame)?.[1];
    if (control !== undefined) return this.#control(control, frame);
    const marked = readMarked(frame);
    if (marked === null) return this.#pass(frame);
    const name = channelOf(marked.text);
    if (name === null || this.#isPagesOwn(name)) return this.#pass(frame);
    const bytes = ENCODER.encode(marked.text);
    // The markers come right before the last brace of the text.
    const markerBytes = byteLength(frame.slice(marked.text.length - 1)) - 1;
    this.#count(bytes.length + markerBytes, bytes.length);
    const channel = this.#channels.named(name);
    if (channel !== null) {
      this.#channels.keep(channel, { seq: marked.seq, key: marked.key, bytes });
      channel.isOutOfStep = false;
    }
    return marked.text;
  }

  /** The frame that the page gets for a binary frame. Undefined when the frame is not a delta. */
  incomingBinary(frame: Uint8Array): string | null | undefined {
    const compact = this.#hasAsked ? readCompact(frame) : null;
    if (compact === null) return undefined;
    // An unknown number belongs to a channel that the page has just unsubscribed from.
    const channel = this.#channels.numbered(compact.channel);
    return channel === null
      ? this.#hide(frame.length)
      : this.#apply(channel, compact.delta, frame.length);
  }

  /** Drops all state. */
  close(): void {
    this.#channels.closeAll();
  }

  #control(control: string, frame: string): string | null {
    if (control === "subscription_succeeded") {
      const channel = this.#channels.named(channelOf(frame) ?? "");
      if (channel !== null) this.#channels.reset(channel);
      return this.#pass(frame);
    }
    const record = asRecord(parseJson(frame));
    const data = dataOf(record);
    const name = record["channel"] ?? data["channel"];
    if (this.#isPagesOwn(name)) return this.#pass(frame);
    const byteCount = byteLength(frame);
    const channel = typeof name === "string" ? this.#channels.named(name) : null;
    if (channel === null) return this.#hide(byteCount);
    if (control === "delta") return this.#apply(channel, readDelta(data), byteCount);
    if (control === "delta_cache_sync") this.#replaceBases(channel, asRecord(data["states"]));
    if (control === "compact_channel" && isNumber(data["number"]))
      this.#channels.setNumber(channel, data["number"]);
    return this.#hide(byteCount);
  }

  #apply(channel: DeltaChannel, delta: Delta | null, byteCount: number): string | null {
    const base = delta === null ? null : channel.bases.use(delta.baseSeq);
    if (delta === null || base === null) return this.#fail(channel, byteCount);
    const bytes = applyFossil(base.bytes, delta.bytes, this.#settings.maxMessageBytes);
    const text = bytes === null ? null : decodeText(bytes);
    if (bytes === null || text === null) {
      channel.bases.dropKey(base.key);
      return this.#fail(channel, byteCount);
    }
    this.#channels.keep(channel, { seq: delta.seq, key: base.key, bytes });
    this.#tally.add({ deltas: 1 });
    this.#count(byteCount, bytes.length);
    return text;
  }

  // The bases of other keys are still correct, and deltas to them may be on their way, so they are kept.
  #fail(channel: DeltaChannel, byteCount: number): null {
    this.#tally.add({ undecoded: 1 });
    if (!channel.isOutOfStep) {
      channel.isOutOfStep = true;
      this.#tally.add({ resyncs: 1 });
      const data = { channel: channel.name };
      this.#send(JSON.stringify({ event: `${channel.prefix}delta_sync_error`, data }));
    }
    return this.#hide(byteCount);
  }

  #replaceBases(channel: DeltaChannel, states: Readonly<Record<string, unknown>>): void {
    channel.bases.clear();
    channel.isOutOfStep = false;
    for (const [key, texts] of Object.entries(states))
      for (const text of Array.isArray(texts) ? texts : []) {
        const { content, seq } = asRecord(text);
        if (typeof content === "string" && isNumber(seq))
          this.#channels.keep(channel, { seq, key, bytes: ENCODER.encode(content) });
      }
  }

  #isPagesOwn(name: unknown): boolean {
    if (typeof name !== "string") return this.#pageDecodes;
    return this.#pagesOwn.has(name) || (this.#pageDecodes && this.#channels.named(name) === null);
  }

  #pass(frame: string): string {
    const byteCount = byteLength(frame);
    this.#count(byteCount, byteCount);
    return frame;
  }

  #hide(bytesReceived: number): null {
    this.#tally.add({ bytesReceived });
    return null;
  }

  #count(bytesReceived: number, bytesWithoutDelta: number): void {
    this.#tally.add({ messages: 1, bytesReceived, bytesWithoutDelta });
  }
}

function readDelta(data: Readonly<Record<string, unknown>>): Delta | null {
  const { algorithm = "fossil", base_index: baseSeq, delta, seq } = data;
  if (algorithm !== "fossil" || !isNumber(seq) || !isNumber(baseSeq)) return null;
  const bytes = typeof delta === "string" ? fromBase64(delta) : null;
  return bytes === null ? null : { seq, baseSeq, bytes };
}

function fromBase64(text: string): Uint8Array | null {
  try {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
    return bytes;
  } catch {
    return null;
  }
}

function decodeText(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

function byteLength(text: string): number {
  return ENCODER.encode(text).length;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
