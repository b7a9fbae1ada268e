// Whether the parts of all nodes that can be reached are here, and which keys this node has owned ever since they
// were here the last time.
import type { OwnerTable } from "./rendezvous.ts";

/** After this time the nodes that have sent nothing are not waited for any more. */
const SETTLE_MS = 3000;
/** How long a node that hears again waits for nodes of which it does not know: each says each second that it is there. */
const LISTEN_MS = 2000;
const MAX_TABLES = 16;

/** The state of one node. */
export class Settlement {
  #isSettled = false;
  /** Whether the nodes that are there are still being asked for, at the start. */
  #isGathering = true;
  #listensUntilMs = -Infinity;
  #unsettledMs: number;
  /** All tables since the parts of all nodes were here the last time. Null if nothing is known of that time. */
  #tables: readonly OwnerTable[] | null = null;

  constructor(nowMs: number) {
    this.#unsettledMs = nowMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** All nodes that are there have answered the first message. */
  gathered(nowMs: number): void {
    this.#isGathering = false;
    this.#unsettledMs = nowMs;
  }

  /** From now on nodes of which this one has not heard may say for a while that they are here. */
  listen(nowMs: number): void {
    this.#listensUntilMs = nowMs + LISTEN_MS;
  }

  /** Whether there may be nodes of which this one does not know yet. */
  isWaiting(nowMs: number): boolean {
    return this.#isGathering || nowMs < this.#listensUntilMs;
  }

  /** Whether parts have been waited for too long. */
  isOverdue(nowMs: number): boolean {
    return !this.#isSettled && !this.isWaiting(nowMs) && nowMs - this.#unsettledMs >= SETTLE_MS;
  }

  /** Some node has parts that are not here yet. */
  unsettle(nowMs: number): void {
    if (this.#isSettled) this.#unsettledMs = nowMs;
    this.#isSettled = false;
  }

  /** The parts of all nodes that can be reached are here; complete if those are all nodes. */
  settle(table: OwnerTable, isComplete: boolean): void {
    this.#isSettled = true;
    if (isComplete) this.#tables = [table];
  }

  /** The owners have changed. */
  changed(table: OwnerTable): void {
    const tables = this.#tables;
    if (tables === null || tables.at(-1)?.hash === table.hash) return;
    // So many changes in a row are an exception: keys of which nothing is known yet wait until all is settled.
    this.#tables = tables.length < MAX_TABLES ? [...tables, table] : null;
  }

  /** From now on nothing is known of any key until the parts of all nodes are here again. */
  doubt(): void {
    this.#tables = null;
  }

  /** Whether the node has owned the key ever since the parts of all nodes were here. */
  isSteady(key: string, id: string): boolean {
    return this.#tables?.every((table) => table.ownerOf(key) === id) === true;
  }
}
