// Connections that must authorise themselves in time: by signing in or by an authorised channel
// (authorized connections documentation). All have the same time, so that a queue is in order.
import { CLOSE, type Fault } from "../protocol/faults.ts";

/** A connection that may have authorised itself meanwhile. */
export interface Authorisable {
  readonly authorised: boolean;
  /** Nothing happens when it has ended already. */
  close(fault: Fault): void;
}

interface Waiting {
  readonly connection: Authorisable;
  readonly dueTick: number;
}

/** The connections that have not been judged yet. `advance` is called once a tick. */
export class AuthorisationQueue {
  readonly #timeoutTicks: number;
  #waiting: Waiting[] = [];
  #judged = 0;
  #tick = 0;

  constructor(timeoutTicks: number) {
    this.#timeoutTicks = timeoutTicks;
  }

  /** Begins to wait for a connection that has just opened. */
  add(connection: Authorisable): void {
    this.#waiting.push({ connection, dueTick: this.#tick + this.#timeoutTicks });
  }

  /** Closes those whose time is over. */
  advance(): void {
    this.#tick++;
    for (
      let next = this.#waiting[this.#judged];
      next && next.dueTick <= this.#tick;
      next = this.#waiting[this.#judged]
    ) {
      this.#judged++;
      if (!next.connection.authorised) next.connection.close(CLOSE.notAuthorised());
    }
    if (this.#judged * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#judged);
    this.#judged = 0;
  }
}
