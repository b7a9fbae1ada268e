// The topics of a bus whose client does not remember them: which are joined, what of that the broker knows, and who
// waits for it. What happens to a topic in one turn of the event loop is one change.

const UNSENT = 0;
const JOINED = -1;

/** What one turn has changed. */
export interface TopicChanges {
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/** The topics that this node has joined or wants to. */
export class BusTopics {
  /** By topic: not sent, joined, or the number of the command that joins it. */
  readonly #states = new Map<string, number>();
  /** What `join` has returned, for topics that are not joined yet. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  /** What has changed in this turn, with the state before. */
  readonly #changes = new Map<string, number>();
  readonly #changed: () => void;

  /** `changed` is called when the first change of a turn is there. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  has(topic: string): boolean {
    return this.#states.has(topic);
  }

  join(topic: string): Promise<void> {
    const state = this.#states.get(topic) ?? this.#add(topic);
    if (state === JOINED) return Promise.resolve();
    const known = this.#waiting.get(topic);
    if (known !== undefined) return known.promise;
    const waiting = Promise.withResolvers<void>();
    // A caller that does not wait must not bring the process down when the topic is left.
    waiting.promise.catch(ignore);
    this.#waiting.set(topic, waiting);
    return waiting.promise;
  }

  leave(topic: string): void {
    const state = this.#states.get(topic);
    if (state === undefined) return;
    this.#states.delete(topic);
    this.#reject(topic, "it was left");
    this.#change(topic, state);
  }

  /** What is to be sent for the present turn. */
  takeChanges(): TopicChanges {
    const joined: string[] = [];
    const left: string[] = [];
    for (const [topic, before] of this.#changes) {
      const state = this.#states.get(topic);
      if (state === undefined && before !== UNSENT) left.push(topic);
      if (state === UNSENT) joined.push(topic);
    }
    this.#changes.clear();
    return { joined, left };
  }

  /** The command with this number was sent, to join these topics. */
  sent(topics: readonly string[], command: number): void {
    for (const topic of topics) if (this.#states.has(topic)) this.#states.set(topic, command);
  }

  /** That command has been answered. A topic that was left and joined again since waits for a later command. */
  confirmed(topics: readonly string[], command: number): void {
    for (const topic of topics) {
      if (this.#states.get(topic) !== command) continue;
      this.#states.set(topic, JOINED);
      this.#waiting.get(topic)?.resolve();
      this.#waiting.delete(topic);
    }
  }

  /** The broker has forgotten these topics. */
  forgotten(isForgotten: (topic: string) => boolean): void {
    for (const states of [this.#states, this.#changes])
      for (const [topic, state] of states)
        if (state !== UNSENT && isForgotten(topic)) states.set(topic, UNSENT);
  }

  /** The topics that were not sent. */
  unsent(): readonly string[] {
    const topics: string[] = [];
    for (const [topic, state] of this.#states) if (state === UNSENT) topics.push(topic);
    return topics;
  }

  /** Whether every topic was sent but those of the present turn. */
  get isComplete(): boolean {
    for (const [topic, state] of this.#states)
      if (state === UNSENT && !this.#changes.has(topic)) return false;
    return true;
  }

  /** The bus was closed: nobody waits any longer. */
  clear(): void {
    for (const topic of this.#waiting.keys()) this.#reject(topic, "the bus is closed");
    this.#states.clear();
    this.#changes.clear();
  }

  /** Adds a topic. One that was left in the same turn is what it was before. */
  #add(topic: string): number {
    const state = this.#changes.get(topic) ?? UNSENT;
    this.#states.set(topic, state);
    this.#change(topic, state);
    return state;
  }

  #change(topic: string, before: number): void {
    if (this.#changes.size === 0) this.#changed();
    if (!this.#changes.has(topic)) this.#changes.set(topic, before);
  }

  #reject(topic: string, reason: string): void {
    this.#waiting.get(topic)?.reject(new Error(`Cannot join topic "${topic}": ${reason}`));
    this.#waiting.delete(topic);
  }
}

function ignore(): void {
  // The rejection is the caller's to handle or not.
}
