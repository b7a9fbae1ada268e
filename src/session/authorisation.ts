// Connections that must authorise themselves in time: by signing in or by an authorised channel
// (authorized connections documentation). All have the same time, so that a queue is in order.
import { CLOSE, type Fault } from "../protocol/faults.ts";

/** A connection that may have authorised itself meanwhile. */
export interface Authorisable {
  readonly authorised: boolean;
  /** Nothing happens when it has ended already. */
  close(fault: Fault): void;
}

/** The connections that have not been judged yet. `advance` is called once a tick. */
export class AuthorisationQueue {
  readonly #timeoutTicks: number;
  /** With the tick at which each is due, in the order of their coming. */
  readonly #waiting: Map<Authorisable, number> = new Map();
  #tick = 0;

  constructor(timeoutTicks: number) {
    this.#timeoutTicks = timeoutTicks;
  }

  /** How many there are. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Begins to wait for a connection that has just opened. */
  add(connection: Authorisable): void {
    this.#waiting.set(connection, this.#tick + this.#timeoutTicks);
  }

  /** Forgets a connection that has ended. Nothing happens when it does not wait. */
  remove(connection: Authorisable): void {
    this.#waiting.delete(connection);
  }

  /** Closes those whose time is over. */
  advance(): void {
    this.#tick++;
    for (const [connection, dueTick] of this.#waiting) {
      if (dueTick > this.#tick) return;
      this.#waiting.delete(connection);
      if (!connection.authorised) connection.close(CLOSE.notAuthorised());
    }
  }
}
