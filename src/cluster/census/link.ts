// The two ends of a link: operations from one node to another, numbered, so that a loss is noticed. A link
// that has lost something begins anew with a new stream, which repeats the whole state. Pure.
import { type Operation, readOperations } from "./operations.ts";
import type { MemberEntry } from "./part.ts";

type ViewOperation = Extract<Operation, readonly ["view", ...unknown[]]>;

/** A message of a link. A long list of operations is sent in several messages, as parts of its JSON text. */
export interface LinkMessage {
  readonly stream: number;
  /** 1 for the first message of a stream. */
  readonly number: number;
  readonly content: readonly Operation[] | LinkFragment;
}

/** A part of a long list of operations. */
export interface LinkFragment {
  readonly text: string;
  readonly isLast: boolean;
}

/** Longer lists are sent in parts: brokers refuse messages of more than a megabyte. */
const MAX_MESSAGE_LENGTH = 200_000;
/** A list whose parts are longer in sum is malformed. */
const MAX_LIST_LENGTH = 256 * 1024 * 1024;

/** The sending end. */
export class LinkSender {
  readonly #send: (message: LinkMessage) => void;
  #stream: number;
  #number = 0;
  #waiting: Operation[] = [];
  /** The last operation that waits, if it is a change of a view: later changes join it. */
  #view: {
    readonly key: string;
    readonly added: MemberEntry[];
    readonly removed: string[];
  } | null = null;

  /** The number of the first stream must be greater than those of earlier links to the same node. */
  constructor(firstStream: number, send: (message: LinkMessage) => void) {
    this.#stream = firstStream;
    this.#send = send;
  }

  get stream(): number {
    return this.#stream;
  }

  /** The number of the last message. */
  get number(): number {
    return this.#number;
  }

  /** Begins a new stream, which repeats all state. Of what waits only what is no state is kept: nobody repeats that. */
  restart(): void {
    this.#stream++;
    this.#number = 0;
    this.#view = null;
    this.#waiting = [["begin"], ...this.#waiting.filter(([kind]) => kind === "carried")];
  }

  push(operation: Operation): void {
    if (operation[0] === "view") return this.#pushView(operation);
    this.#view = null;
    this.#waiting.push(operation);
  }

  /** Joins changes of one view in a row. A member who comes and goes stays two operations. */
  #pushView([, key, count, added, removed]: ViewOperation): void {
    let view = this.#view;
    const hasOpposites =
      (added.length > 0 && view?.removed.length !== 0) ||
      (removed.length > 0 && view?.added.length !== 0);
    if (view === null || view.key !== key || hasOpposites) {
      view = { key, added: [], removed: [] };
      this.#view = view;
    } else this.#waiting.pop();
    for (const member of added) view.added.push(member);
    for (const userId of removed) view.removed.push(userId);
    this.#waiting.push(["view", key, count, view.added, view.removed]);
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const operations = this.#waiting;
    this.#waiting = [];
    this.#view = null;
    const text = JSON.stringify(operations);
    if (text.length <= MAX_MESSAGE_LENGTH) return this.#emit(operations);
    for (let start = 0; start < text.length; start += MAX_MESSAGE_LENGTH) {
      const end = start + MAX_MESSAGE_LENGTH;
      this.#emit({ text: text.slice(start, end), isLast: end >= text.length });
    }
  }

  #emit(content: LinkMessage["content"]): void {
    this.#number++;
    this.#send({ stream: this.#stream, number: this.#number, content });
  }
}

/** The receiving end. */
export class LinkReceiver {
  #stream = 0;
  #number = 0;
  /** Whether something is missing, so that only a new stream helps. */
  #isBroken = true;
  #fragments: string[] = [];
  #fragmentsLength = 0;

  /** Whether the state of the link is whole as far as is known. */
  get isWhole(): boolean {
    return !this.#isBroken;
  }

  /**
   * Takes a message. Returns its operations, an empty list if there is nothing to do yet, or null if the link is broken
   * and must begin anew.
   */
  take({ stream, number, content }: LinkMessage): readonly Operation[] | null {
    if (stream < this.#stream) return NOTHING;
    if (stream > this.#stream) {
      this.#stream = stream;
      this.#number = 0;
      this.#isBroken = false;
      this.#forget();
    }
    if (this.#isBroken) return null;
    if (number <= this.#number) return NOTHING;
    if (number !== this.#number + 1) return this.break();
    this.#number = number;
    if (!("isLast" in content)) return content;
    return this.#gather(content);
  }

  /**
   * Compares with what the sender says to have sent some time ago. Returns false if something is missing.
   */
  check(stream: number, number: number): boolean {
    if (this.#isBroken) return false;
    const isBehind = stream > this.#stream || (stream === this.#stream && number > this.#number);
    if (isBehind) this.break();
    return !isBehind;
  }

  /** From now on only a new stream is taken. */
  break(): null {
    this.#isBroken = true;
    this.#forget();
    return null;
  }

  /** Expects a sender that begins again to number its streams. */
  reset(): void {
    this.#stream = 0;
    this.#number = 0;
    this.break();
  }

  #gather({ text, isLast }: LinkFragment): readonly Operation[] | null {
    this.#fragments.push(text);
    this.#fragmentsLength += text.length;
    if (this.#fragmentsLength > MAX_LIST_LENGTH) return this.break();
    if (!isLast) return NOTHING;
    const whole = this.#fragments.join("");
    this.#forget();
    return readOperations(parse(whole)) ?? this.break();
  }

  #forget(): void {
    this.#fragments = [];
    this.#fragmentsLength = 0;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const NOTHING: readonly Operation[] = [];
