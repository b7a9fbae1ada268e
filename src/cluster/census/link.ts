// The two ends of a link: operations from one node to another, numbered, so that a loss is noticed. A link
// that has lost something begins anew with a new stream, which repeats the whole state. Pure.
import { type Operation, readOperations } from "./operations.ts";

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
    this.#waiting = [["begin"], ...this.#waiting.filter(([kind]) => kind === "carried")];
  }

  push(operation: Operation): void {
    const last = this.#waiting.at(-1);
    const joined = last === undefined ? null : join(last, operation);
    if (joined === null) this.#waiting.push(operation);
    else this.#waiting[this.#waiting.length - 1] = joined;
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const operations = this.#waiting;
    this.#waiting = [];
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

/** One operation in place of two in a row; null if they cannot be joined. */
function join(first: Operation, second: Operation): Operation | null {
  if (first[0] !== "view" || second[0] !== "view" || first[1] !== second[1]) return null;
  const [, key, , added, removed] = first;
  const [, , count, addedNext, removedNext] = second;
  // A member who comes and goes must stay two operations.
  if (removedNext.length > 0 && added.length > 0) return null;
  if (addedNext.length > 0 && removed.length > 0) return null;
  return ["view", key, count, append(added, addedNext), append(removed, removedNext)];
}

/** Appends to the list itself, since lists of a join are the link's own. */
function append<Item>(list: readonly Item[], items: readonly Item[]): readonly Item[] {
  if (items.length === 0) return list;
  if (list.length === 0) return [...items];
  // eslint-disable-next-line
  (list as Item[]).push(...items);
  return list;
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
