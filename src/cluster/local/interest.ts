// The topics that a worker has joined or wants to. Joins and leaves of one turn of the event loop become one frame.
import { writeInterest } from "./requests.ts";
import type { SendBuffer } from "./send-buffer.ts";

/** Characters of the topics in one frame, roughly. A connection that begins again may have hundreds of thousands of topics. */
const MAX_FRAME_CHARACTERS = 262_144;

type Change = readonly [topic: string, isJoin: boolean];
type Joining = readonly [topic: string, joined: PromiseWithResolvers<void>];

/** What is joined, and what is to be told to the router. */
export class Interest {
  /** All topics. There may be hundreds of thousands, so that nothing is kept beside the name. */
  readonly #topics = new Set<string>();
  /** Those that are not joined yet. */
  readonly #joining = new Map<string, PromiseWithResolvers<void>>();
  /** What the router has not been told yet. */
  #changes = new Map<string, boolean>();
  /** Joins by the number of the frame that has told the router of them. */
  readonly #told = new Map<number, readonly Joining[]>();
  #number = 0;

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** The number of the last frame; 0 before the first one. */
  get lastNumber(): number {
    return this.#number;
  }

  /** Resolves when the topic is joined. */
  join(topic: string): Promise<void> {
    if (this.#topics.has(topic)) return this.#joining.get(topic)?.promise ?? Promise.resolve();
    const joining = Promise.withResolvers<void>();
    this.#topics.add(topic);
    this.#joining.set(topic, joining);
    this.#changes.set(topic, true);
    return joining.promise;
  }

  leave(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    this.#changes.set(topic, false);
    const joining = this.#joining.get(topic);
    this.#joining.delete(topic);
    joining?.reject(new Error(`Cannot join topic "${topic}": it was left`));
  }

  /** A new connection has begun: the router knows nothing. */
  renew(): void {
    this.#told.clear();
    this.#changes = new Map(this.#topics.values().map((topic) => [topic, true] as const));
  }

  /** Adds what is to be told. */
  write(target: SendBuffer): void {
    if (this.#changes.size === 0) return;
    const changes = this.#changes;
    this.#changes = new Map();
    let part: Change[] = [];
    let characterCount = 0;
    for (const change of changes) {
      part.push(change);
      characterCount += change[0].length;
      if (characterCount < MAX_FRAME_CHARACTERS) continue;
      this.#tell(target, part);
      part = [];
      characterCount = 0;
    }
    if (part.length > 0) this.#tell(target, part);
  }

  /** The router has done what the frame of this number told it. */
  confirmed(number: number): void {
    const told = this.#told.get(number) ?? [];
    this.#told.delete(number);
    for (const [topic, joined] of told) {
      if (this.#joining.get(topic) === joined) this.#joining.delete(topic);
      joined.resolve();
    }
  }

  /** Rejects what is pending. */
  close(): void {
    for (const [topic, joining] of this.#joining)
      joining.reject(new Error(`Cannot join topic "${topic}": the bus is closed`));
    this.#topics.clear();
    this.#joining.clear();
    this.#changes.clear();
    this.#told.clear();
  }

  #tell(target: SendBuffer, changes: readonly Change[]): void {
    const number = (this.#number = (this.#number + 1) >>> 0);
    const joining = changes.flatMap(([topic]): readonly Joining[] => {
      const joined = this.#joining.get(topic);
      return joined === undefined ? [] : [[topic, joined]];
    });
    this.#told.set(number, joining);
    writeInterest(target, number, changes);
  }
}
