// Questions from node to node. An answer may come in several parts. A question without an answer fails in time.

/** A question that waits for its answer. */
interface Waiting {
  readonly parts: unknown[];
  readonly resolve: (parts: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly to: string;
}

/** The questions of a node. */
export class Questions {
  readonly #send: (to: string, id: number, body: unknown) => void;
  readonly #waiting: Map<number, Waiting> = new Map();
  #number = 0;

  constructor(send: (to: string, id: number, body: unknown) => void) {
    this.#send = send;
  }

  /** The parts of the answer. Rejects with `Cannot ask node "…": no answer within N ms`. */
  ask(to: string, body: unknown, timeoutMs: number): Promise<readonly unknown[]> {
    const id = ++this.#number;
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      reject(new Error(`Cannot ask node "${to}": no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#waiting.set(id, { parts: [], resolve, reject, timer, to });
    this.#send(to, id, body);
    return promise;
  }

  /** A part of an answer has come. */
  answered(id: number, part: unknown, isLast: boolean): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.parts.push(part);
    if (!isLast) return;
    this.#end(id, waiting);
    waiting.resolve(waiting.parts);
  }

  /** The node has ended: nothing that was asked of it is answered any more. */
  ended(to: string): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.to !== to) continue;
      this.#end(id, waiting);
      waiting.reject(new Error(`Cannot ask node "${to}": it has ended`));
    }
  }

  #end(id: number, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(id);
  }
}
