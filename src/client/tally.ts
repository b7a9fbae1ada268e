// Counts what deltas do, for one connection and for all of them together. Bytes are those of
// messages, without the few that WebSocket frames add.

/** What is counted. */
export interface Counts {
  /** Frames that the page was given. */
  readonly messages: number;
  /** How many of them came as deltas. */
  readonly deltas: number;
  /** What came over the connection, with all that the page is not given. */
  readonly bytesReceived: number;
  /** What would have come without deltas. */
  readonly bytesWithoutDelta: number;
  /** How often the server was asked for whole messages. */
  readonly resyncs: number;
  /** Deltas that could not be applied: messages that the page did not see. */
  readonly undecoded: number;
}

/** What deltas did, since the connection or the page began. */
export interface DeltaStats extends Counts {
  /** Below zero as long as the cost of getting in step is not made up for. */
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

/** See the file's head. */
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

  /** Counts in `whole` as well, and calls `changed` after each change. */
  constructor(whole: Tally | null = null, changed: (() => void) | null = null) {
    this.#whole = whole;
    this.#changed = changed;
  }

  /** Adds to the counts that are given. */
  add(counts: Partial<Counts>): void {
    for (const name of COUNTS) this.#counts[name] += counts[name] ?? 0;
    this.#whole?.add(counts);
    this.#changed?.();
  }

  /** The counts as they are now. */
  stats(): DeltaStats {
    const { bytesReceived, bytesWithoutDelta } = this.#counts;
    return { ...this.#counts, bytesSaved: bytesWithoutDelta - bytesReceived };
  }
}
