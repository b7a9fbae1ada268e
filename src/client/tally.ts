// Counts the effect of deltas, for one connection and for all together. Bytes are those of messages, without the headers
// of WebSocket frames.

/** The counts. */
export interface Counts {
  /** Messages that the page received. */
  readonly messages: number;
  /** How many of them came as deltas. */
  readonly deltas: number;
  /** Bytes that were received, including those of frames that the page does not get. */
  readonly bytesReceived: number;
  /** Bytes that would have been received without deltas. */
  readonly bytesWithoutDelta: number;
  /** How often the server was asked for whole messages. */
  readonly resyncs: number;
  /** Deltas that could not be applied. The page did not get these messages. */
  readonly undecoded: number;
}

/** The counts since the start of the connection or the page. */
export interface DeltaStats extends Counts {
  /** Negative as long as the initial state has cost more than deltas have saved. */
  readonly bytesSaved: number;
}

const COUNTS = [
  "messages",
  "deltas",
  "bytesReceived",
  "bytesWithoutDelta",
  "resyncs",
  "undecoded",
] as const;

/** Counts the effect of deltas. */
export class Tally {
  readonly #counts: Record<keyof Counts, number> = {
    messages: 0,
    deltas: 0,
    bytesReceived: 0,
    bytesWithoutDelta: 0,
    resyncs: 0,
    undecoded: 0,
  };
  readonly #whole: Tally | null;
  readonly #changed: (() => void) | null;

  /** Adds every count to `whole` too, and calls `changed` after each change. */
  constructor(whole: Tally | null = null, changed: (() => void) | null = null) {
    this.#whole = whole;
    this.#changed = changed;
  }

  /** Adds to the given counts. */
  add(counts: Partial<Counts>): void {
    for (const name of COUNTS) this.#counts[name] += counts[name] ?? 0;
    this.#whole?.add(counts);
    this.#changed?.();
  }

  /** The current counts. */
  stats(): DeltaStats {
    const { bytesReceived, bytesWithoutDelta } = this.#counts;
    return { ...this.#counts, bytesSaved: bytesWithoutDelta - bytesReceived };
  }
}
