// The model of openings: which connections wait for which channels, what the cluster was asked, and what
// arrived in the meantime.
import type { Message } from "./messages.ts";
import type { Tally } from "./tally.ts";

/** A connection with pending subscriptions. */
export interface Waiter {
  /** By channel: the openings that it waits for, those of queued subscriptions included. */
  readonly held: Map<string, ModelOpening>;
}

/** A publication that another node or an application has sent. */
export interface ModelArrival {
  readonly message: Message;
  /** Whether a cache channel remembers it. */
  readonly isCached: boolean;
  /** The number of the connection that it is not for, or null. */
  readonly except: number | null;
}

/** A channel that is being opened. It exists while a connection waits for it. */
export interface ModelOpening {
  readonly channel: string;
  state: "asked" | "ready" | "failed";
  /** Publications in the meantime. */
  readonly kept: ModelArrival[];
  readonly holders: Set<Waiter>;
  /** To be called in this order once the cluster has answered. */
  readonly toWake: (() => void)[];
}

/** A question to the cluster. It may be answered when no connection waits any more. */
interface Question {
  readonly opening: ModelOpening;
  readonly dueMs: number;
  overdue: boolean;
}

/** All channels that are being opened. */
export class ModelOpenings {
  readonly #timeoutMs: number;
  readonly #current = new Map<string, ModelOpening>();
  readonly #questions: Question[] = [];
  /** What is ready to run, in order. */
  readonly #tasks: (() => void)[];

  readonly #tally: Tally;
  readonly #dropped: (channel: string, kept: readonly ModelArrival[]) => void;

  /** `dropped` is told of publications that are not delivered any more, because the channel could not be opened. */
  constructor(
    timeoutMs: number,
    tasks: (() => void)[],
    tally: Tally,
    dropped: (channel: string, kept: readonly ModelArrival[]) => void,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#dropped = dropped;
    this.#tasks = tasks;
    this.#tally = tally;
  }

  /** The channels that are being opened. */
  get channels(): Iterable<string> {
    return this.#current.keys();
  }

  /** The channels of the unanswered questions, sorted. */
  get asked(): readonly string[] {
    return [...new Set(this.#questions.map(({ opening }) => opening.channel))].toSorted();
  }

  /** Makes the connection wait for the channel. Does nothing if it waits already. */
  hold(waiter: Waiter, channel: string, nowMs: number): ModelOpening {
    const held = waiter.held.get(channel);
    if (held !== undefined) return held;
    const opening = this.#open(channel, nowMs);
    opening.holders.add(waiter);
    waiter.held.set(channel, opening);
    return opening;
  }

  /** Ends the wait of the connection. Returns what must be delivered now if the channel is open, and else only be remembered. */
  release(waiter: Waiter, channel: string, isOpen: boolean): readonly ModelArrival[] {
    const opening = waiter.held.get(channel);
    if (opening === undefined) return [];
    waiter.held.delete(channel);
    opening.holders.delete(waiter);
    const due = isOpen || opening.holders.size === 0 ? opening.kept.splice(0) : [];
    if (isOpen && due.length > 0) this.#tally.add("publication that arrived during an opening");
    if (opening.holders.size === 0 && this.#current.get(channel) === opening)
      this.#current.delete(channel);
    return due;
  }

  /** Keeps a publication for a channel that is being opened. Returns false if it is not, or has failed to be. */
  keep(channel: string, arrival: ModelArrival): boolean {
    const opening = this.#current.get(channel);
    if (opening === undefined || opening.state === "failed") return false;
    opening.kept.push(arrival);
    return true;
  }

  /** The cluster answers the oldest question about the channel. Returns false if it was overdue. */
  answer(channel: string, state: "ready" | "failed"): boolean {
    const index = this.#questions.findIndex(({ opening }) => opening.channel === channel);
    const [question] = this.#questions.splice(index, 1);
    if (question === undefined) return false;
    if (question.overdue || question.opening.holders.size === 0)
      this.#tally.add("answer for which no connection waits");
    if (question.overdue) return false;
    this.#settle(question.opening, state);
    return true;
  }

  /** Lets the openings fail whose questions are overdue. */
  expire(nowMs: number): void {
    for (const question of this.#questions) {
      if (question.overdue || question.dueMs > nowMs) continue;
      question.overdue = true;
      this.#tally.add("question that is overdue");
      this.#settle(question.opening, "failed");
    }
  }

  #settle(opening: ModelOpening, state: "ready" | "failed"): void {
    opening.state = state;
    const who = opening.holders.size > 1 ? "several wait" : "one waits";
    const what = state === "ready" ? "opens" : "cannot be opened";
    if (opening.holders.size > 0) this.#tally.add(`${who} for a channel that ${what}`);
    if (state === "failed") this.#dropped(opening.channel, opening.kept.splice(0));
    this.#tasks.push(...opening.toWake.splice(0));
  }

  #open(channel: string, nowMs: number): ModelOpening {
    const known = this.#current.get(channel);
    if (known !== undefined && known.state !== "failed") return known;
    if (known !== undefined)
      this.#tally.add("channel that is opened anew while a connection waits");
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
