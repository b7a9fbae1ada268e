// Makes sure that a topic was joined for other regions too. Within a region the broker says when a topic is joined; between
// regions that is known only some time later, and until then what is published there does not come. So a node of
// each other region is asked to send a mark on the topic, and the mark is waited for.
import type { NodeFacts } from "./census/peers.ts";

/** How long marks are waited for. A region that is cut off sends none. */
const MARK_MS = 1500;

/** The marks that a node waits for. */
export class Marks {
  readonly #ask: (nodeId: string, id: number, topic: string) => void;
  readonly #waiting: Map<number, () => void> = new Map();
  #number = 0;

  /** `ask` asks a node to send the mark with this number on the topic. */
  constructor(ask: (nodeId: string, id: number, topic: string) => void) {
    this.#ask = ask;
  }

  /**
   * Resolves when marks of all these nodes have come on the topic, or when it has taken too long; undefined if there are no
   * such nodes.
   */
  wait(topic: string, nodes: readonly NodeFacts[]): Promise<void> | undefined {
    if (nodes.length === 0) return undefined;
    return Promise.all(nodes.map(({ id }) => this.#waitFor(topic, id))).then(() => undefined);
  }

  /** A mark has come. */
  came(id: number): void {
    this.#waiting.get(id)?.();
  }

  #waitFor(topic: string, nodeId: string): Promise<void> {
    const id = ++this.#number;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(id);
      resolve();
    };
    const timer = setTimeout(done, MARK_MS);
    this.#waiting.set(id, done);
    this.#ask(nodeId, id, topic);
    return promise;
  }
}
