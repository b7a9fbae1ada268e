// The model of channels that open: who waits for which, what the cluster was asked, and what came meanwhile.
import type { Message } from "./messages.ts";
import type { Tally } from "./tally.ts";

/** One who waits. */
export interface Waiter {
  /** What it waits for, by channel: the subscription whose turn it is, and those behind it. */
  readonly held: Map<string, ModelOpening>;
}

/** A publication of another node. */
export interface ModelArrival {
  readonly message: Message;
  /** Whether a cache channel remembers it. */
  readonly isCached: boolean;
}

/** A channel that opens, for as long as somebody waits for it. */
export interface ModelOpening {
  readonly channel: string;
  state: "asked" | "ready" | "failed";
  /** Publications of other nodes. */
  kept: ModelArrival[];
  readonly holders: Set<Waiter>;
  /** To be called, in this order, when the answer is there. */
  readonly toWake: (() => void)[];
}

/** A question to the cluster, which may be answered when nobody waits any more. */
interface Question {
  readonly opening: ModelOpening;
  readonly dueMs: number;
  overdue: boolean;
}

/** See the file's head. */
export class ModelOpenings {
  readonly #timeoutMs: number;
  readonly #current = new Map<string, ModelOpening>();
  readonly #questions: Question[] = [];
  /** What happens next, in its order. */
  readonly #tasks: (() => void)[];

  readonly #tally: Tally;

  constructor(timeoutMs: number, tasks: (() => void)[], tally: Tally) {
    this.#timeoutMs = timeoutMs;
    this.#tasks = tasks;
    this.#tally = tally;
  }

  /** Channels for which somebody waits. */
  get channels(): Iterable<string> {
    return this.#current.keys();
  }

  /** Channels of questions without an answer, in a fixed order. */
  get asked(): readonly string[] {
    return [...new Set(this.#questions.map(({ opening }) => opening.channel))].toSorted();
  }

  /** Waits for the channel, or goes on with it. */
  hold(waiter: Waiter, channel: string, nowMs: number): ModelOpening {
    const held = waiter.held.get(channel);
    if (held !== undefined) return held;
    const opening = this.#open(channel, nowMs);
    opening.holders.add(waiter);
    waiter.held.set(channel, opening);
    return opening;
  }

  /** Does not wait any more. Returns what is to be delivered when the channel is open now. */
  release(waiter: Waiter, channel: string, isOpen: boolean): readonly ModelArrival[] {
    const opening = waiter.held.get(channel);
    if (opening === undefined) return [];
    waiter.held.delete(channel);
    opening.holders.delete(waiter);
    const due = isOpen ? opening.kept.splice(0) : [];
    if (due.length > 0) this.#tally.add("event that came while the channel opened");
    if (opening.holders.size === 0 && this.#current.get(channel) === opening)
      this.#current.delete(channel);
    return due;
  }

  /** A publication of another node has come for a channel that is not open. */
  keep(channel: string, arrival: ModelArrival): void {
    const opening = this.#current.get(channel);
    // What has failed says nothing of what comes after it: it begins anew for the next one.
    if (opening !== undefined && opening.state !== "failed") opening.kept.push(arrival);
  }

  /** The cluster answers the oldest question. True when it is not too late. */
  answer(channel: string, state: "ready" | "failed"): boolean {
    const index = this.#questions.findIndex(({ opening }) => opening.channel === channel);
    const [question] = this.#questions.splice(index, 1);
    if (question === undefined) return false;
    if (question.overdue || question.opening.holders.size === 0)
      this.#tally.add("answer that nobody waits for");
    if (question.overdue) return false;
    this.#settle(question.opening, state);
    return true;
  }

  /** What was asked too long ago has failed. */
  expire(nowMs: number): void {
    for (const question of this.#questions) {
      if (question.overdue || question.dueMs > nowMs) continue;
      question.overdue = true;
      this.#tally.add("question without an answer in time");
      this.#settle(question.opening, "failed");
    }
  }

  #settle(opening: ModelOpening, state: "ready" | "failed"): void {
    opening.state = state;
    const name = `${opening.holders.size > 1 ? "several wait" : "one waits"} for a channel that is ${state}`;
    if (opening.holders.size > 0) this.#tally.add(name);
    if (state === "failed") opening.kept = [];
    this.#tasks.push(...opening.toWake.splice(0));
  }

  #open(channel: string, nowMs: number): ModelOpening {
    const known = this.#current.get(channel);
    if (known !== undefined && known.state !== "failed") return known;
    if (known !== undefined) this.#tally.add("channel that is opened anew while somebody waits");
    const opening: ModelOpening = {
      channel,
      state: "asked",
      kept: [],
      holders: new Set(),
      toWake: [],
    };
    this.#current.set(channel, opening);
    this.#questions.push({ opening, dueMs: nowMs + this.#timeoutMs, overdue: false });
    return opening;
  }
}
