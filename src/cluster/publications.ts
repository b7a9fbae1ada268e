// Publications between nodes: numbered by the sender, kept for a while, taken in order and once, and asked for again after a
// loss.
import { readEnvelope } from "./envelope.ts";
import { Inbox, type Incoming } from "./inbox.ts";
import { Journal, JOURNAL_LIMITS } from "./journal.ts";

/** What the publications of a node need. */
export interface PublicationsOutput {
  readonly deliver: (topic: string, body: unknown) => void;
  /** Sends a message to one node. */
  readonly send: (to: string, kind: string, rest: readonly unknown[]) => void;
  /** Whether what was published so long ago came after this node had joined the topic. */
  readonly isSinceJoin: (topic: string, ageMs: number) => boolean;
  readonly nowMs: () => number;
}

/** What is counted. */
export interface PublicationCounts {
  /** Times at which other nodes were asked for what was missed. */
  readonly pulls: number;
  /** Publications that came twice and were dropped. */
  readonly duplicates: number;
  /** Publications that were missed and could not be had any more, at most. */
  readonly missed: number;
  /** Own publications that were dropped before the broker had them. */
  readonly unsent: number;
}

/** Kept messages in one answer. */
const PULLED_A_MESSAGE = 500;

/** The publications of a node, and those that come to it. */
export class Publications {
  readonly journal: Journal = new Journal(JOURNAL_LIMITS);
  readonly #output: PublicationsOutput;
  readonly #inboxes: Map<string, Inbox> = new Map();
  #pulls = 0;
  /** Counts of nodes that have ended. */
  #duplicates = 0;
  #missed = 0;

  constructor(output: PublicationsOutput) {
    this.#output = output;
  }

  get counts(): PublicationCounts {
    let [duplicates, missed] = [this.#duplicates, this.#missed];
    for (const inbox of this.#inboxes.values()) {
      duplicates += inbox.duplicateCount;
      missed += inbox.missedCount;
    }
    return { pulls: this.#pulls, duplicates, missed, unsent: this.journal.unsentCount };
  }

  /** A publication has come. False if it is malformed. */
  take(sender: string, topic: string, rest: readonly unknown[]): boolean {
    const incoming = readIncoming(topic, rest);
    if (incoming === null) return false;
    this.#inboxOf(sender).take(incoming, this.#output.nowMs());
    return true;
  }

  /** A node has said how far it is; see `Inbox.beat`. */
  beat(sender: string, beat: number, published: number, unsure: number): void {
    this.#inboxOf(sender).beat(beat, published, unsure, this.#output.nowMs());
  }

  /** Another node has missed something: it gets what is kept. False if the question is malformed. */
  takePull(sender: string, since: unknown): boolean {
    if (typeof since !== "number") return false;
    const nowMs = this.#output.nowMs();
    const { messages, goneCount } = this.journal.since(since);
    for (let start = 0; start === 0 || start < messages.length; start += PULLED_A_MESSAGE) {
      const some = messages.slice(start, start + PULLED_A_MESSAGE);
      const entries = some.map(({ topic, text, atMs }) => [topic, nowMs - atMs, text]);
      const isLast = start + PULLED_A_MESSAGE >= messages.length;
      this.#output.send(sender, "pulled", [entries, goneCount, isLast]);
    }
    return true;
  }

  /** What this node had asked for. False if it is malformed. */
  takePulled(sender: string, [entries, goneCount, isLast]: readonly unknown[]): boolean {
    if (!Array.isArray(entries) || typeof goneCount !== "number") return false;
    const messages = entries.flatMap((entry) => this.#readPulled(sender, entry) ?? []);
    this.#inboxOf(sender).pulled(messages, goneCount, isLast === true);
    return true;
  }

  /** This node was cut off: it asks every node for what it may have missed, once that node is heard. */
  suspect(): void {
    for (const inbox of this.#inboxes.values()) inbox.suspect();
  }

  ended(sender: string): void {
    const inbox = this.#inboxes.get(sender);
    this.#duplicates += inbox?.duplicateCount ?? 0;
    this.#missed += inbox?.missedCount ?? 0;
    this.#inboxes.delete(sender);
  }

  tick(nowMs: number): void {
    for (const inbox of this.#inboxes.values()) inbox.tick(nowMs);
  }

  /** A message that was asked for; null if it is for a topic that was not joined when it was published. */
  #readPulled(sender: string, entry: unknown): Incoming | null {
    if (!Array.isArray(entry)) return null;
    const [topic, ageMs, text]: unknown[] = entry;
    if (typeof topic !== "string" || typeof ageMs !== "number" || typeof text !== "string")
      return null;
    if (!this.#output.isSinceJoin(topic, ageMs)) return null;
    const envelope = readEnvelope(text);
    if (envelope?.sender !== sender || envelope.kind !== "publication") return null;
    return readIncoming(topic, envelope.rest);
  }

  #inboxOf(sender: string): Inbox {
    return this.#inboxes.getOrInsertComputed(
      sender,
      () =>
        new Inbox({
          deliver: this.#output.deliver,
          pull: (since) => {
            this.#pulls++;
            this.#output.send(sender, "pull", [since]);
          },
        }),
    );
  }
}

function readIncoming(
  topic: string,
  [number, previous, body]: readonly unknown[],
): Incoming | null {
  if (typeof number !== "number" || typeof previous !== "number") return null;
  return { topic, number, previous, body };
}
