// What has come from one other node: in order for each topic, nothing twice, and what was missed is asked for. While
// an answer is outstanding, what comes is held back, so that the order stays. Pure: the time is passed in.

/** A message of another node. */
export interface Incoming {
  readonly topic: string;
  readonly number: number;
  /** The number of the sender's last message on the topic before this one; 0 if it does not know. */
  readonly previous: number;
  readonly body: unknown;
}

/** What an inbox does. */
export interface InboxOutput {
  readonly deliver: (topic: string, body: unknown) => void;
  /** Asks the sender for everything after a number. */
  readonly pull: (since: number) => void;
}

/** How often a sender is asked, and how long each time is waited. */
const PULL_ATTEMPTS = 3;
const PULL_MS = 2000;
/** Messages that are held back at most. */
const MAX_HELD = 20_000;
/** Topics of which the last number is known, at most, in each of two generations. */
const MAX_TOPICS = 50_000;

/** What has come from one node. */
export class Inbox {
  readonly #output: InboxOutput;
  /** By topic: the number of the last message. */
  #last: Map<string, number> = new Map();
  #lastBefore: Map<string, number> = new Map();
  /** The sender's number when its last beat but one came: everything before has come or was missed. */
  #safe = -1;
  #beatNumber = -1;
  #beat = -1;
  #held: Incoming[] = [];
  /** The number after which everything was asked for; null when nothing was. */
  #pulledSince: number | null = null;
  #pulledMs = 0;
  #attempts = 0;
  /** Whether to ask as soon as the sender is heard. */
  #isSuspect = false;
  duplicateCount: number = 0;
  /** Messages that the sender had no longer, at most. */
  missedCount: number = 0;

  constructor(output: InboxOutput) {
    this.#output = output;
  }

  take(message: Incoming, nowMs: number): void {
    if (this.#isSuspect) this.#pull(this.#safe, nowMs);
    if (this.#pulledSince === null && this.#isGap(message))
      this.#pull(this.#lastOf(message.topic), nowMs);
    if (this.#pulledSince === null) return this.#deliver(message);
    this.#held.push(message);
    if (this.#held.length > MAX_HELD) this.#giveUp();
  }

  /**
   * The sender's beat: its own number, the number of its last message, and the oldest that the broker may not have; 0 if
   * there is none.
   */
  beat(beat: number, number: number, unsure: number, nowMs: number): void {
    const hasMissedBeat = this.#beat >= 0 && beat > this.#beat + 1;
    if (this.#isSuspect || hasMissedBeat) this.#pull(this.#safe, nowMs);
    if (unsure > 0) this.#pull(unsure - 1, nowMs);
    this.#safe = this.#beatNumber >= 0 ? this.#beatNumber : number;
    this.#beatNumber = number;
    this.#beat = Math.max(beat, this.#beat);
  }

  /** This node was cut off: messages of the sender may have been missed. It is asked once it is heard. */
  suspect(): void {
    if (this.#safe >= 0) this.#isSuspect = true;
  }

  /** Messages that the sender was asked for. `goneCount` is how many it has no longer. */
  pulled(messages: readonly Incoming[], goneCount: number, isLast: boolean): void {
    if (this.#pulledSince === null) return;
    for (const message of messages) this.#deliver(message);
    if (!isLast) return;
    this.missedCount += goneCount;
    this.#release();
  }

  tick(nowMs: number): void {
    if (this.#pulledSince === null || nowMs - this.#pulledMs < PULL_MS) return;
    if (this.#attempts >= PULL_ATTEMPTS) return this.#giveUp();
    this.#attempts++;
    this.#pulledMs = nowMs;
    this.#output.pull(this.#pulledSince);
  }

  #isGap({ topic, previous }: Incoming): boolean {
    const last = this.#lastOf(topic);
    return previous > 0 && last >= 0 && previous > last;
  }

  #pull(since: number, nowMs: number): void {
    this.#isSuspect = false;
    if (since < 0 || (this.#pulledSince !== null && since >= this.#pulledSince)) return;
    this.#pulledSince = since;
    this.#pulledMs = nowMs;
    this.#attempts = 1;
    this.#output.pull(since);
  }

  #giveUp(): void {
    this.missedCount++;
    this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#pulledSince = null;
    for (const message of held) this.#deliver(message);
  }

  #deliver(message: Incoming): void {
    const { topic, number, body } = message;
    if (number <= this.#lastOf(topic)) {
      this.duplicateCount++;
      return;
    }
    if (this.#last.size >= MAX_TOPICS && !this.#last.has(topic)) {
      this.#lastBefore = this.#last;
      this.#last = new Map();
    }
    this.#last.set(topic, number);
    this.#output.deliver(topic, body);
  }

  #lastOf(topic: string): number {
    return this.#last.get(topic) ?? this.#lastBefore.get(topic) ?? -1;
  }
}
